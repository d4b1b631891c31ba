/** The charts of figures over time: throughput, outcomes, latency, duels, applied index, what replicas hold and containers use. */
const report = globalThis.splitbrainReport;
const { colours, data } = report;
const { bins } = data;

const count = (value) => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });

/** The bin that a moment falls into. */
function binAt(seconds) {
  let at = 0;
  while (at + 1 < bins.fromS.length && bins.fromS[at + 1] <= seconds) at += 1;
  return at;
}

/** A value between two gaps has no line, so it gets a point. */
function lonely(plot, series) {
  const values = plot.data[series];
  const [first, last] = plot.series[series].idxs;
  const found = [];
  for (let i = first; i <= last; i += 1) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  }
  return found;
}

function line(colour, position, extra) {
  return {
    stroke: () => colours[colour],
    width: 1.75,
    dash: report.dashes[position % report.dashes.length],
    points: { show: true, size: 5, fill: () => colours[colour], filter: lonely },
    ...extra,
  };
}

/** Room above the highest value, and never an axis without height. */
const fromZero = { range: (_, __, max) => [0, Math.max(1, (max ?? 1) * 1.12)] };

/** Names the faults above their bands, in a second row where two would touch. */
function nameBands(pen) {
  let freeFrom = [0, 0];
  for (const [fromS, toS, label] of data.bands) {
    if (!pen.sees(fromS, toS)) continue;
    const { from, width } = pen.box(fromS, toS, pen.top, 3 * pen.ratio, colours.orange);
    const row = freeFrom.findIndex((edge) => edge <= from);
    if (row < 0) continue;
    const room = Math.max(width - 8 * pen.ratio, 110 * pen.ratio);
    const size = pen.text(label, from + 5 * pen.ratio, pen.top + (13 + row * 14) * pen.ratio, room, colours.ink, {
      halo: colours.paper,
    });
    freeFrom = freeFrom.map((edge, i) => (i === row ? from + size + 12 * pen.ratio : edge));
  }
}

function markGaps(pen) {
  const height = 12 * pen.ratio;
  const fill = report.hatch(pen.ctx, colours.amber, pen.ratio);
  for (const [fromS, toS] of data.gaps) {
    pen.box(fromS, toS, pen.top + pen.height - height, height, fill, colours.amber);
  }
}

/** Above the gaps: nobody could have written there. */
function markTimeWithoutQuorum(pen) {
  const height = 12 * pen.ratio;
  const fill = report.hatch(pen.ctx, colours.muted, pen.ratio);
  for (const [fromS, toS] of data.withoutQuorum) {
    pen.box(fromS, toS, pen.top + pen.height - 2 * height, height, fill, colours.muted);
  }
}

function markCalmRate(pen) {
  if (data.calmRate === null) return;
  const y = pen.y(data.calmRate);
  pen.ctx.fillStyle = colours.muted;
  for (let x = pen.left; x < pen.x(data.loadEndS); x += 6 * pen.ratio) {
    pen.ctx.fillRect(x, y, 2 * pen.ratio, pen.ratio);
  }
}

function markLoadEnd(pen) {
  const room = 70 * pen.ratio;
  const size = pen.measure('load ends');
  pen.text(
    'load ends',
    pen.x(data.loadEndS) - size - 6 * pen.ratio,
    pen.top + pen.height - 22 * pen.ratio,
    room,
    colours.muted,
  );
}

function annotate(plot) {
  report.clipped(plot, (pen) => {
    nameBands(pen);
    markGaps(pen);
    markTimeWithoutQuorum(pen);
    markCalmRate(pen);
    markLoadEnd(pen);
  });
}

function activeFaults(at) {
  const active = data.bands.filter(([fromS, toS]) => fromS <= at && at <= toS).map(([, , label]) => label);
  return active.length === 0 ? 'no fault' : `fault: ${active.join(', ')}`;
}

report.drawHero = (place) => {
  report.chart(place, {
    whole: true,
    height: 236,
    data: [bins.midS, bins.ok],
    y: fromZero,
    yAxis: { values: (_, splits) => splits.map((value) => `${count(value)} op/s`) },
    series: [line('blue', 0, { fill: () => colours['blue-tint'], width: 2 })],
    front: annotate,
    describe: (at) => `${count(bins.ok[binAt(at)])} op/s  ·  ${activeFaults(at)}`,
  });
};

report.drawThroughput = (place) => {
  report.chart(place, {
    height: 180,
    data: [bins.midS, bins.ok, bins.fail, bins.info],
    y: fromZero,
    yAxis: { values: (_, splits) => splits.map((value) => `${count(value)} op/s`) },
    series: [line('blue', 0), line('orange', 1), line('amber', 2)],
    describe: (at) => {
      const bin = binAt(at);
      return `ok ${count(bins.ok[bin])}/s  ·  failed ${count(bins.fail[bin])}/s  ·  unknown ${count(bins.info[bin])}/s`;
    },
  });
};

/** Whole decades only, where there are enough of them: the lines between would be a grey wall. */
function decades(_, splits) {
  const isDecade = (value) => value > 0 && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6;
  if (splits.filter(isDecade).length < 2) return splits;
  return splits.map((value) => (isDecade(value) ? value : null));
}

report.drawLatency = (place) => {
  // A logarithm has no zero: what took less than a hundredth of a millisecond is drawn there.
  const positive = (values) => values.map((value) => (value === null ? null : Math.max(0.01, value)));
  report.chart(place, {
    height: 200,
    data: [bins.midS, positive(bins.p50), positive(bins.p99), positive(bins.max)],
    y: { distr: 3, log: 10 },
    yAxis: {
      filter: decades,
      grid: { stroke: () => colours.line, width: 1, filter: decades },
      ticks: { stroke: () => colours.line, width: 1, size: 4, filter: decades },
      values: (_, splits) => splits.map((value) => (value === null ? '' : report.durationText(value))),
    },
    series: [line('blue', 0), line('green', 1), line('orange', 2)],
    describe: (at) => {
      const bin = binAt(at);
      const [p50, p99, max] = [bins.p50[bin], bins.p99[bin], bins.max[bin]].map(report.durationText);
      return `p50 ${p50}  ·  p99 ${p99}  ·  max ${max}`;
    },
  });
};

/** A line per replica; `text` writes a value with its unit, `steps` are the distances that its axis may have. */
function drawNodeLines(place, { atS, nodes }, { height, y, text, steps }) {
  const tones = ['blue', 'orange', 'green', 'amber'];
  report.chart(place, {
    height,
    data: [atS, ...nodes.map(({ values }) => values)],
    y,
    yAxis: { values: (_, splits) => splits.map(text), incrs: steps },
    series: nodes.map((_, i) => line(tones[i % tones.length], i, { width: 1.5 })),
    describe: (at) => {
      const passed = atS.findIndex((end) => end >= at);
      const step = passed < 0 ? atS.length - 1 : passed;
      return nodes
        .map(({ node, values }) => `${node} ${values[step] === null ? '–' : text(values[step])}`)
        .join('  ·  ');
    },
  });
}

report.drawApplied = (place) => {
  const y = { range: (_, min, max) => [Math.max(0, (min ?? 0) - 1), (max ?? 1) + 1] };
  drawNodeLines(place, data.applied, { height: 200, y, text: count });
};

const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000, 1_000_000];

report.drawOvertaken = (place) => {
  drawNodeLines(place, data.overtaken, { height: 180, y: fromZero, text: count, steps: wholeSteps });
};

/** Draws one of several charts with a line per replica, of what containers use (`resources`) or replicas hold (`footprints`). */
function drawSampled(kind, name, unit) {
  return (place) => {
    drawNodeLines(place, data[kind][name], {
      height: 130,
      y: fromZero,
      text: (value) => `${count(value)} ${unit}`,
    });
  };
}

report.drawCpu = drawSampled('resources', 'cpu', '%');
report.drawMemory = drawSampled('resources', 'memory', 'MiB');
report.drawNetwork = drawSampled('resources', 'network', 'KiB/s');

report.drawLog = drawSampled('footprints', 'log', 'KiB');
report.drawHeld = drawSampled('footprints', 'memory', 'KiB');
report.drawSnapshot = drawSampled('footprints', 'snapshot', 'KiB');
