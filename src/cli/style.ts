import { printable } from '../text/printable.js';

const STYLES = { bold: '1', dim: '2', green: '1;32', red: '31', yellow: '33' } as const;

/** A line for a terminal. What is in it need not be harmless. */
export interface Line {
  readonly text: string;
  readonly style?: keyof typeof STYLES | undefined;
}

export function asLine(line: string | Line): Line {
  return typeof line === 'string' ? { text: line } : line;
}

/** The line as a terminal shows it in its colour, which nothing in its text can change. */
export function painted({ text, style }: Line): string {
  const shown = printable(text);
  return style === undefined || shown === '' ? shown : `\u001b[${STYLES[style]}m${shown}\u001b[0m`;
}
