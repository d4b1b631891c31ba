/** The charts with a lane per replica: faults as requested and observed, roles and epochs. */
const report = globalThis.splitbrainReport;
const { colours, data, range } = report;

const covers = ([fromS, toS], at) => fromS <= at && at <= toS;

/** A chart whose y axis names lanes, the first one on top. */
function laneChart(place, { names, laneHeight, draw, describe }) {
  const lanes = names.length;
  const middles = names.map((_, i) => lanes - i - 0.5);
  report.chart(place, {
    height: lanes * laneHeight + 40,
    data: [
      [0, range.endS],
      [null, null],
    ],
    y: { auto: false, range: [0, lanes] },
    yAxis: {
      splits: () => middles,
      values: () => names.map((name) => (name.length > 10 ? `${name.slice(0, 9)}…` : name)),
      grid: { show: false },
      ticks: { show: false },
    },
    series: [{ points: { show: false } }],
    points: false,
    front: (plot) =>
      report.clipped(plot, (pen) => {
        const height = pen.height / lanes;
        for (let lane = 0; lane < lanes; lane += 1) {
          const top = pen.top + lane * height;
          if (lane > 0) {
            pen.ctx.fillStyle = colours.line;
            pen.ctx.fillRect(pen.left, top, pen.width, pen.ratio);
          }
          draw(pen, lane, top, height);
        }
      }),
    describe,
  });
}

report.drawFaults = (place) => {
  laneChart(place, {
    names: data.faults.map(({ node }) => node),
    laneHeight: 42,
    draw: (pen, lane, top, height) => {
      const { requested, observed } = data.faults[lane];
      const half = height / 2 - 5 * pen.ratio;
      for (const [fromS, toS, fault] of requested) {
        if (!pen.sees(fromS, toS)) continue;
        const { from, width } = pen.box(fromS, toS, top + 4 * pen.ratio, half, colours.paper, colours.orange);
        pen.text(fault, from + 5 * pen.ratio, top + 4 * pen.ratio + half / 2, width - 8 * pen.ratio, colours.ink);
      }
      for (const [fromS, toS] of observed) {
        if (!pen.sees(fromS, toS)) continue;
        const y = top + 6 * pen.ratio + half;
        if (fromS === toS) pen.box(fromS, toS, y, half - pen.ratio, colours.orange);
        else pen.box(fromS, toS, y, half - pen.ratio, report.hatch(pen.ctx, colours.orange, pen.ratio), colours.orange);
      }
    },
    describe: (at) => {
      const found = data.faults.flatMap(({ node, requested, observed }) => {
        const words = [...requested, ...observed].filter((span) => covers(span, at)).map(([, , what]) => what);
        return words.length === 0 ? [] : [`${node}: ${words.join(', ')}`];
      });
      return found.length === 0 ? 'no fault' : found.join('  ·  ');
    },
  });
};

function drawRole(pen, role, top, height) {
  const [fromS, toS, name] = role.span;
  if (!pen.sees(fromS, toS)) return;
  const middle = top + height / 2;
  if (role.leads) {
    const bar = height - 8 * pen.ratio;
    const { from, width } = pen.box(fromS, toS, middle - bar / 2, bar, colours.blue);
    const room = width - 10 * pen.ratio;
    const label = room > 110 * pen.ratio ? `leads, epoch ${role.epoch}` : String(role.epoch);
    pen.text(label, from + 6 * pen.ratio, middle + 0.5 * pen.ratio, room, colours['on-blue'], { weight: '600' });
  } else if (name === 'follower' || name === 'backup' || role.epoch === null) {
    pen.box(fromS, toS, middle - pen.ratio, 2 * pen.ratio, colours.muted);
  } else {
    const bar = 10 * pen.ratio;
    const { from, width } = pen.box(fromS, toS, middle - bar / 2, bar, colours.paper, colours.green);
    pen.text(name, from + 4 * pen.ratio, middle + 0.5 * pen.ratio, width - 6 * pen.ratio, colours.ink);
  }
}

function drawAbsence(pen, [fromS, toS, kind], top, height) {
  if (!pen.sees(fromS, toS)) return;
  const bar = height - 8 * pen.ratio;
  const y = top + 4 * pen.ratio;
  pen.box(fromS, toS, y, bar, colours.paper);
  const { from, width } = pen.box(fromS, toS, y, bar, report.hatch(pen.ctx, colours.muted, pen.ratio), colours.muted);
  const size = pen.measure(kind) + 10 * pen.ratio;
  if (size + 8 * pen.ratio > width) return;
  pen.ctx.fillStyle = colours.paper;
  pen.ctx.fillRect(from + 5 * pen.ratio, y + 2 * pen.ratio, size, bar - 4 * pen.ratio);
  pen.text(kind, from + 10 * pen.ratio, top + height / 2 + 0.5 * pen.ratio, size, colours.ink);
}

report.drawRoles = (place) => {
  laneChart(place, {
    names: ['no leader', ...data.nodes.map(({ node }) => node)],
    laneHeight: 27,
    draw: (pen, lane, top, height) => {
      if (lane === 0) {
        const fill = report.hatch(pen.ctx, colours.orange, pen.ratio);
        for (const [fromS, toS] of data.leaderless) {
          if (pen.sees(fromS, toS)) {
            pen.box(fromS, toS, top + 4 * pen.ratio, height - 8 * pen.ratio, fill, colours.orange);
          }
        }
        return;
      }
      const node = data.nodes[lane - 1];
      for (const role of node.roles) drawRole(pen, role, top, height);
      for (const absence of node.absences) drawAbsence(pen, absence, top, height);
    },
    describe: (at) =>
      data.nodes
        .map(({ node, roles, absences }) => {
          const absence = absences.find((span) => covers(span, at));
          const role = roles.find(({ span }) => covers(span, at));
          if (absence) return `${node} ${absence[2]}`;
          if (!role) return `${node} –`;
          return role.epoch === null ? `${node} up` : `${node} ${role.span[2]} (${role.epoch})`;
        })
        .join('  ·  '),
  });
};
