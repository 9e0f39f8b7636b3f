import { printable } from '../text/printable.js';

/* Every command writes through these, so that nothing that was read somewhere gets through raw. */

/** What the command was asked for: lines on stdout. */
export function print(text: string): void {
  console.log(printable(text, { keepLines: true }));
}

/** What is said beside it: lines on stderr. */
export function printError(text: string): void {
  console.error(printable(text, { keepLines: true }));
}
