/** Colours, fonts and hatches of the charts, taken from the style sheet so that there is one place for them. */
const report = {};
globalThis.splitbrainReport = report;

const names = ['paper', 'wash', 'ink', 'muted', 'line', 'blue', 'orange', 'green', 'amber', 'blue-tint', 'on-blue'];
const hatches = new Map();

/** The colours by name; read again after `forgetTheme`. */
report.colours = {};

report.forgetTheme = () => {
  const style = getComputedStyle(document.documentElement);
  for (const name of names) report.colours[name] = style.getPropertyValue(`--${name}`).trim();
  hatches.clear();
};
report.forgetTheme();

report.font = (size, weight = '400') => `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;

/** The lines of a chart by their position: told apart by dash as well as by colour. */
report.dashes = [[], [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 4], [12, 4], [4, 2, 1, 2]];

/** A diagonal hatch as a fill style. */
report.hatch = (context, colour, ratio) => {
  const key = `${colour} ${ratio}`;
  if (hatches.has(key)) return hatches.get(key);
  const size = Math.round(7 * ratio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  pen.strokeStyle = colour;
  pen.lineWidth = 1.3 * ratio;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
    pen.stroke();
  }
  const pattern = context.createPattern(tile, 'repeat');
  hatches.set(key, pattern);
  return pattern;
};
