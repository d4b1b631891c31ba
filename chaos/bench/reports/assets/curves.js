/** Latency over throughput: a curve per system and driver, a labelled point per load. Two charts share their axes. */
const report = globalThis.splitbrainReport;
const { charts, colours, data } = report;

const height = 270;
const reach = 22;
const shapes = Object.fromEntries(Object.entries(data.markers).map(([name, path]) => [name, new Path2D(path)]));

const count = (value) => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });

/** `128,000` as `128k`: the axis has no room for more. */
report.shortCount = (value) => (value >= 10_000 ? `${count(value / 1000)}k` : count(value));

/** A logarithm has no zero: what took less than a microsecond is drawn there. */
const positive = (value) => Math.max(0.001, value);

/** 1, 2 and 5 of each decade that the axis has. */
function logSplits(min, max) {
  const splits = [];
  for (let decade = 10 ** Math.floor(Math.log10(min)); decade <= max; decade *= 10) {
    for (const step of [1, 2, 5]) {
      const value = Number((step * decade).toPrecision(6));
      if (value >= min && value <= max) splits.push(value);
    }
  }
  return splits;
}

/** The axes that hold every point of both charts. */
function extentOf(curves) {
  const points = curves.flatMap((curve) => curve.points);
  const times = points.flatMap(({ p50, p99 }) => [...p50, ...p99]).map(positive);
  return {
    xMax: Math.max(1, ...points.map(({ x }) => x[2])) * 1.08,
    yMin: Math.min(...times) / 2,
    yMax: Math.max(...times) * 1.7,
  };
}

/** Every point in its place on the canvas. */
function placed(plot, curves, quantile) {
  return curves.flatMap((curve) =>
    curve.points.map((point) => ({
      curve,
      point,
      x: plot.valToPos(point.x[0], 'x', true),
      y: plot.valToPos(positive(point[quantile][0]), 'y', true),
    })),
  );
}

function drawLine(pen, curve, own) {
  const { ctx, ratio } = pen;
  ctx.strokeStyle = colours[data.lines[curve.line].tone];
  ctx.lineWidth = (curve.open ? 1.2 : 2) * ratio;
  ctx.setLineDash(report.dashes[curve.line % report.dashes.length].map((length) => length * ratio));
  ctx.beginPath();
  for (const { x, y } of own) ctx.lineTo(x, y);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** From the least to the most of the rounds, both ways. */
function drawSpread(pen, plot, quantile, { curve, point, x, y }) {
  const { ctx, ratio } = pen;
  ctx.strokeStyle = colours[data.lines[curve.line].tone];
  ctx.lineWidth = ratio;
  ctx.globalAlpha = 0.7;
  ctx.beginPath();
  ctx.moveTo(plot.valToPos(point.x[1], 'x', true), y);
  ctx.lineTo(plot.valToPos(point.x[2], 'x', true), y);
  ctx.moveTo(x, plot.valToPos(positive(point[quantile][1]), 'y', true));
  ctx.lineTo(x, plot.valToPos(positive(point[quantile][2]), 'y', true));
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function drawMarker(pen, { curve, x, y }) {
  const { ctx, ratio } = pen;
  const { tone, marker } = data.lines[curve.line];
  ctx.save();
  ctx.translate(x - 6 * ratio, y - 6 * ratio);
  ctx.scale(ratio, ratio);
  ctx.lineWidth = 1.6;
  ctx.strokeStyle = curve.open ? colours[tone] : colours.paper;
  ctx.fillStyle = curve.open ? colours.paper : colours[tone];
  ctx.fill(shapes[marker]);
  ctx.stroke(shapes[marker]);
  ctx.restore();
}

const overlap = (a, b) => a.right >= b.left && a.left <= b.right && a.bottom >= b.top && a.top <= b.bottom;
const around = ({ x, y }, reach) => ({ left: x - reach, top: y - reach, right: x + reach, bottom: y + reach });

/** Where lines run: boxes so close that no label fits between two of one line. */
function tracks(curves, all, ratio) {
  return curves.flatMap((curve) => {
    const own = all.filter((each) => each.curve === curve);
    return own.slice(1).flatMap((to, i) => {
      const from = own[i];
      const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / (5 * ratio)));
      return Array.from({ length: steps }, (_, step) => {
        const share = step / steps;
        const at = { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
        return around(at, ratio);
      });
    });
  });
}

/** Above, below or beside a point: where no line runs, or else where no other point or label is, or else nowhere. */
function drawLabels(pen, curves, all) {
  const { ratio } = pen;
  const lines = tracks(curves, all, ratio);
  const taken = all.map((each) => around(each, 6 * ratio));
  const within = (box) =>
    box.left >= pen.left &&
    box.right <= pen.left + pen.width &&
    box.top >= pen.top &&
    box.bottom <= pen.top + pen.height;
  const free = (box) => within(box) && !taken.some((other) => overlap(box, other));
  for (const { point, x, y } of all) {
    const width = pen.measure(point.label);
    const [half, off] = [6 * ratio, 8 * ratio];
    const boxes = [
      [x - width - off, y - half - 5 * ratio],
      [x - width / 2, y - off - 2 * half],
      [x + off, y + off / 2],
      [x + off, y - half],
      [x - width / 2, y + off],
      [x - width - off, y - half],
      [x - width - off, y + off / 2],
    ].map(([left, top]) => ({ left, top, right: left + width, bottom: top + 2 * half }));
    const open = boxes.filter(free);
    const box = open.find((each) => !lines.some((other) => overlap(each, other))) ?? open[0];
    if (!box) continue;
    taken.push(box);
    pen.text(point.label, box.left, box.top + half, width + ratio, colours.ink, { halo: colours.paper });
  }
}

function drawAll(plot, curves, quantile) {
  report.clipped(plot, (pen) => {
    const all = placed(plot, curves, quantile);
    for (const curve of curves)
      drawLine(
        pen,
        curve,
        all.filter((each) => each.curve === curve),
      );
    for (const each of all) drawSpread(pen, plot, quantile, each);
    for (const each of all) drawMarker(pen, each);
    drawLabels(pen, curves, all);
  });
}

/** The point under the pointer in words. */
function describe(plot, curves, quantile) {
  const ratio = plot.pxRatio ?? globalThis.devicePixelRatio ?? 1;
  const { left, top } = plot.cursor;
  if (left < 0) return '';
  const at = [left * ratio + plot.bbox.left, top * ratio + plot.bbox.top];
  const near = placed(plot, curves, quantile)
    .map((each) => ({ ...each, away: Math.hypot(each.x - at[0], each.y - at[1]) }))
    .filter(({ away }) => away <= reach * ratio)
    .sort((a, b) => a.away - b.away)[0];
  if (!near) return '';
  const { curve, point } = near;
  return `${data.lines[curve.line].name}, ${point.load}: ${count(point.x[0])} ops/s, ${report.durationText(point[quantile][0])}`;
}

report.drawCurves = (place) => {
  const [, id, quantile] = /^(.+)-(p50|p99)$/.exec(place.closest('figure').id);
  const readout = place.closest('figure').querySelector('.readout');
  const curves = data.curves[id];
  const { xMax, yMin, yMax } = extentOf(curves);
  const plot = new uPlot(
    {
      width: Math.max(280, place.clientWidth),
      height,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [0, xMax] },
        y: { distr: 3, log: 10, range: () => [yMin, yMax] },
      },
      axes: [
        report.axis({
          size: 26,
          gap: 4,
          space: 60,
          label: 'operations per second',
          labelSize: 18,
          labelFont: report.font(11),
          values: (_, splits) => splits.map(report.shortCount),
        }),
        report.axis({
          size: 62,
          gap: 6,
          splits: (_, __, min, max) => logSplits(min, max),
          filter: (_, splits) => splits,
          values: (_, splits) => splits.map(report.durationText),
        }),
      ],
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      cursor: { x: false, y: false, drag: { x: false, y: false }, points: { show: false } },
      hooks: {
        setCursor: [
          (self) => {
            readout.textContent = describe(self, curves, quantile);
          },
        ],
        draw: [(self) => drawAll(self, curves, quantile)],
      },
    },
    [
      [0, xMax],
      [yMin, yMax],
    ],
    place,
  );
  plot.resize = () => plot.setSize({ width: Math.max(280, place.clientWidth), height });
  charts.push(plot);
};
