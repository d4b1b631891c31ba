/** The stretch of the run that every chart and table shows. One range for all: brushing one filters all. */
const report = globalThis.splitbrainReport;
const data = JSON.parse(document.getElementById('data').textContent);
report.data = data;

const endS = Math.max(data.endS, 0.001);
const narrowestS = Math.min(endS, 0.002);
const listeners = [];

report.range = {
  endS,
  fromS: 0,
  toS: endS,
  /** Calls back now and after every change. */
  watch(listener) {
    listeners.push(listener);
    listener();
  },
  set(fromS, toS) {
    if (!Number.isFinite(fromS) || !Number.isFinite(toS)) return;
    const width = Math.min(endS, Math.max(narrowestS, Math.abs(toS - fromS)));
    const begin = Math.min(Math.max(0, Math.min(fromS, toS)), endS - width);
    this.fromS = begin;
    this.toS = begin + width;
    for (const listener of listeners) listener();
  },
  reset() {
    this.set(0, endS);
  },
  isWhole() {
    return this.fromS <= 0 && this.toS >= endS;
  },
};

/** A moment as a reader wants it: with more digits the closer one looks. */
report.secondsText = (seconds) => {
  const width = report.range.toS - report.range.fromS;
  return seconds.toFixed(width < 0.1 ? 4 : width < 1 ? 3 : width < 10 ? 2 : 1);
};

report.durationText = (ms) => {
  if (ms === null || ms === undefined) return '–';
  if (ms < 9.95) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${Number((ms / 1000).toFixed(1))} s`;
};
