import { printable } from '../../text/printable.js';

/** Breaks a text at spaces into lines of at most that many characters. Words are not broken. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Cuts a line that is too long, and says so by three dots. */
export function truncate(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 3 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 3)}...`;
}

/** `4.31 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** A duration as it was chosen: `4 s`, `1.5 s`. */
export function exactSeconds(value: number): string {
  return `${Number(value.toFixed(3))} s`;
}

/** What arrives from another process, as one line that cannot move the cursor. */
export function oneLine(text: string): string {
  return printable(text.replace(/\p{Cc}+/gu, ' ').trim(), { most: 1000 });
}
