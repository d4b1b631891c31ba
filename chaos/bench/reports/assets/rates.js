/** Throughput in each second, a line per system and driver, the rounds one after the other. */
const report = globalThis.splitbrainReport;
const { colours, data } = report;

const count = (value) => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

/** A dotted line where one round ends and the next begins, and the name of each. */
function nameRounds(plot) {
  report.clipped(plot, (pen) => {
    for (let at = 0, round = 1; at < data.endS; at += data.roundS, round += 1) {
      if (!pen.sees(at, at + data.roundS)) continue;
      const x = pen.x(at);
      pen.ctx.fillStyle = colours.muted;
      for (let y = pen.top; at > 0 && y < pen.top + pen.height; y += 5 * pen.ratio) {
        pen.ctx.fillRect(x, y, pen.ratio, 3 * pen.ratio);
      }
      pen.text(`round ${round}`, x + 6 * pen.ratio, pen.top + 9 * pen.ratio, 80 * pen.ratio, colours.muted, {
        halo: colours.paper,
      });
    }
  });
}

report.drawRates = (place) => {
  const { atS, lines } = data.rates[place.closest('figure').id];
  report.chart(place, {
    height: 180,
    data: [atS, ...lines.map(({ values }) => values)],
    y: { range: (_, __, max) => [0, Math.max(1, (max ?? 1) * 1.2)] },
    yAxis: { values: (_, splits) => splits.map((value) => `${report.shortCount(value)} op/s`) },
    series: lines.map(({ line }) => ({
      stroke: () => colours[data.lines[line].tone],
      width: 1.75,
      dash: report.dashes[line % report.dashes.length],
      points: { show: atS.length < 4, size: 5, fill: () => colours[data.lines[line].tone] },
    })),
    behind: () => {},
    front: nameRounds,
    describe: (at) => {
      const second = Math.min(Math.floor(at), data.endS - 1);
      const step = second + Math.floor(second / data.roundS);
      return lines
        .map(
          ({ line, values }) =>
            `${data.lines[line].name} ${values[step] == null ? '–' : `${count(values[step])} op/s`}`,
        )
        .join('  ·  ');
    },
  });
};
