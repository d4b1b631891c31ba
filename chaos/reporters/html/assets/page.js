/** Wires the page: draws each chart in its place, and connects buttons, the range and the tables. */
const report = globalThis.splitbrainReport;
const { range } = report;

/** Every chart of every page; a page has the scripts for its own. */
const drawings = {
  hero: report.drawHero,
  faults: report.drawFaults,
  throughput: report.drawThroughput,
  latency: report.drawLatency,
  roles: report.drawRoles,
  overtaken: report.drawOvertaken,
  applied: report.drawApplied,
  log: report.drawLog,
  held: report.drawHeld,
  snapshot: report.drawSnapshot,
  cpu: report.drawCpu,
  memory: report.drawMemory,
  network: report.drawNetwork,
  curves: report.drawCurves,
  rates: report.drawRates,
};

for (const place of document.querySelectorAll('[data-chart]')) drawings[place.dataset.chart]?.(place);

/** Colours and widths differ on paper and in the dark. */
function redraw() {
  report.forgetTheme();
  for (const chart of report.charts) chart.resize();
  for (const chart of report.charts) chart.redraw(false, true);
}
for (const query of ['(prefers-color-scheme: dark)', 'print']) {
  globalThis.matchMedia(query).addEventListener('change', redraw);
}
let width = document.documentElement.clientWidth;
globalThis.addEventListener('resize', () => {
  if (document.documentElement.clientWidth === width) return;
  width = document.documentElement.clientWidth;
  redraw();
});

/** Opened from disk, a page may lack the clipboard of the browser; the old way works there. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

const status = document.querySelector('.copied');
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    status.textContent = (await copy(button.dataset.copy)) ? 'Copied' : 'The commands are at the end of this page';
    setTimeout(() => {
      status.textContent = '';
    }, 2500);
  });
}

const form = document.querySelector('.range-form');
if (form) {
  const { from, to } = form.elements;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', () => range.set(from.valueAsNumber, to.valueAsNumber));
  form.querySelector('[data-range-reset]').addEventListener('click', () => range.reset());
  range.watch(() => {
    from.value = String(Number(range.fromS.toFixed(3)));
    to.value = String(Number(range.toS.toFixed(3)));
  });
}
for (const button of document.querySelectorAll('[data-range-from]')) {
  button.addEventListener('click', () => {
    const { rangeFrom, rangeTo } = button.dataset;
    const room = Math.max(1, (Number(rangeTo) - Number(rangeFrom)) / 2);
    range.set(Number(rangeFrom) - room, Number(rangeTo) + room);
    document.getElementById('timeline').scrollIntoView();
  });
}

const rows = [...document.querySelectorAll('tr[data-from]')];
range.watch(() => {
  for (const row of rows) {
    row.hidden = Number(row.dataset.to) < range.fromS || Number(row.dataset.from) > range.toS;
  }
});
