import { cellsOf } from '../text/cells.js';

/** Breaks a text at spaces into lines of at most that many columns. Words are not broken. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (cellsOf(longer) <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Cells side by side: each column is as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => cellsOf(row[column] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - cellsOf(cell))))
      .join('  ')
      .trimEnd(),
  );
}

/** Such as `4.3 s`, without digits that are zero. */
export function inSeconds(ms: number, digits = 1): string {
  return `${Number((ms / 1000).toFixed(digits))} s`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long, for people: `4.3 s`, from two minutes on `12 min`, then `3 h` and `5 d`. */
export function span(ms: number, digits = 1): string {
  if (ms < 2 * MINUTE) return inSeconds(ms, digits);
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}
