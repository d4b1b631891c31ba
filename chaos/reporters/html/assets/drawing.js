/** What all charts share: their frame, the brush, the synchronous cursor, and marks on the canvas. */
const report = globalThis.splitbrainReport;
const { range, colours } = report;

const gutter = 76;
const charts = [];
report.charts = charts;

/** Drawing in seconds and lanes instead of in pixels of the device. */
report.pen = (plot) => {
  const { ctx, bbox } = plot;
  const ratio = plot.pxRatio ?? globalThis.devicePixelRatio ?? 1;
  const x = (seconds) => Math.max(bbox.left, Math.min(bbox.left + bbox.width, plot.valToPos(seconds, 'x', true)));
  return {
    ctx,
    ratio,
    left: bbox.left,
    top: bbox.top,
    width: bbox.width,
    height: bbox.height,
    x,
    y: (value) => plot.valToPos(value, 'y', true),
    sees: (fromS, toS) => toS >= plot.scales.x.min && fromS <= plot.scales.x.max,
    /** A rectangle between two moments; at least a hair wide, since short things happened too. */
    box(fromS, toS, top, height, fill, outline) {
      const from = x(fromS);
      const width = Math.max(1.5 * ratio, x(toS) - from);
      if (fill) {
        ctx.fillStyle = fill;
        ctx.fillRect(from, top, width, height);
      }
      if (outline) {
        ctx.strokeStyle = outline;
        ctx.lineWidth = 1.2 * ratio;
        ctx.strokeRect(from + 0.6 * ratio, top + 0.6 * ratio, Math.max(0.5, width - 1.2 * ratio), height - 1.2 * ratio);
      }
      return { from, width };
    },
    measure(words, weight = '500') {
      ctx.font = report.font(11 * ratio, weight);
      return ctx.measureText(words).width;
    },
    /** Text in `room`, shortened to fit, or nothing where not even three letters do. Returns the width that it took. */
    text(words, left, middle, room, colour, { weight = '500', halo } = {}) {
      let shown = words;
      while (shown.length > 3 && this.measure(shown, weight) > room) shown = `${shown.slice(0, -2).trimEnd()}…`;
      const size = this.measure(shown, weight);
      if (size > room) return 0;
      ctx.textAlign = 'left';
      ctx.textBaseline = 'middle';
      if (halo) {
        ctx.strokeStyle = halo;
        ctx.lineWidth = 3 * ratio;
        ctx.lineJoin = 'round';
        ctx.strokeText(shown, left, middle);
      }
      ctx.fillStyle = colour;
      ctx.fillText(shown, left, middle);
      return size;
    },
  };
};

/** Keeps what is drawn within the plot. */
report.clipped = (plot, draw) => {
  const pen = report.pen(plot);
  pen.ctx.save();
  pen.ctx.beginPath();
  pen.ctx.rect(pen.left, pen.top, pen.width, pen.height);
  pen.ctx.clip();
  draw(pen);
  pen.ctx.restore();
};

/** A faint band behind the lines wherever a fault was in force. */
report.faultBands = (plot) => {
  report.clipped(plot, (pen) => {
    for (const [fromS, toS] of report.data.bands) {
      if (!pen.sees(fromS, toS)) continue;
      pen.ctx.globalAlpha = 0.1;
      pen.box(fromS, toS, pen.top, pen.height, colours.orange);
      pen.ctx.globalAlpha = 1;
    }
    const end = pen.x(report.data.loadEndS);
    pen.ctx.fillStyle = colours.muted;
    for (let y = pen.top; y < pen.top + pen.height; y += 5 * pen.ratio) {
      pen.ctx.fillRect(end, y, pen.ratio, 2 * pen.ratio);
    }
  });
};

function axis(extra) {
  return {
    stroke: () => colours.muted,
    font: report.font(11),
    grid: { stroke: () => colours.line, width: 1 },
    ticks: { stroke: () => colours.line, width: 1, size: 4 },
    ...extra,
  };
}
report.axis = axis;

function timeAxis() {
  return axis({ size: 28, gap: 4, space: 70, values: (_, splits) => splits.map((s) => `${Number(s.toFixed(4))} s`) });
}

function brush(plot) {
  const { left, width } = plot.select;
  if (width < 4) return;
  range.set(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  if (!plot.whole) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

/** The range as a selection on the chart that always shows the whole run. */
function showSelection(plot) {
  const { over } = plot;
  if (range.isWhole()) {
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    return;
  }
  const left = plot.valToPos(range.fromS, 'x');
  const width = Math.max(2, plot.valToPos(range.toS, 'x') - left);
  plot.setSelect({ left, top: 0, width, height: over.clientHeight }, false);
}

/**
 * A chart in its place on the page.
 *
 * @param place - the element to draw in
 * @param spec - data, series, axes and scales of uPlot; `whole` shows the whole run whatever the range; `describe` says
 *   in words what there is at a moment
 */
report.chart = (place, spec) => {
  const readout = place.closest('figure').querySelector('.readout');
  const onCursor = (plot) => {
    const at = plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, 'x') : null;
    readout.textContent = at === null ? '' : `${report.secondsText(at)} s  ·  ${spec.describe(at)}`;
  };
  const plot = new uPlot(
    {
      width: Math.max(320, place.clientWidth),
      height: spec.height,
      padding: [10, 14, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: () => (spec.whole ? [0, range.endS] : [range.fromS, range.toS]) },
        y: spec.y,
      },
      axes: [timeAxis(), axis({ size: gutter, gap: 6, space: 32, ...spec.yAxis })],
      series: [{}, ...spec.series],
      cursor: {
        y: false,
        sync: { key: 'run', filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        points: { show: spec.points ?? true, size: 7 },
        bind: { dblclick: () => () => range.reset() },
      },
      hooks: {
        setCursor: [onCursor],
        setSelect: [brush],
        drawClear: [spec.behind ?? report.faultBands],
        draw: spec.front ? [spec.front] : [],
      },
    },
    spec.data,
    place,
  );
  plot.whole = spec.whole === true;
  plot.resize = () => plot.setSize({ width: Math.max(320, place.clientWidth), height: spec.height });
  charts.push(plot);
  range.watch(() => {
    if (plot.whole) showSelection(plot);
    else plot.setScale('x', { min: range.fromS, max: range.toS });
  });
  return plot;
};
