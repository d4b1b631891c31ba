/** Text on its way into Markdown, where it may say what it likes and is shown as it is. */

/** On one line: neither markup nor HTML, nor the end of a table cell, nor a mention or an address that becomes a link. */
export function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~#]/g, '\\$&')
    .replace(/:\/\/|@|(?<=\bwww)\./gi, (link) => `${link.slice(0, -1)}&#${link.charCodeAt(link.length - 1)};`)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ');
}

/** A command as a block; the fence is longer than any run of backticks within. */
export function codeBlock(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')}\n${fence}`;
}

/** A table of cells of Markdown; columns of figures are set flush right. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[] = [0],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (words.includes(i) ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
