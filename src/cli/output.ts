import { printable } from '../text/printable.js';
import { asLine, painted, type Line } from './style.js';

/* Every command writes through these, so that nothing that was read somewhere gets through raw. */

/** What the command was asked for: lines on stdout. */
export function print(text: string): void {
  console.log(printable(text, { keepLines: true }));
}

/** The same of lines that are coloured where that is wanted. */
export function printLines(lines: readonly (string | Line)[], inColour: boolean): void {
  const shown = lines.map(asLine).map((line) => (inColour ? painted(line) : printable(line.text)));
  console.log(shown.join('\n'));
}

/** What is said beside it: lines on stderr. */
export function printError(text: string): void {
  console.error(printable(text, { keepLines: true }));
}
