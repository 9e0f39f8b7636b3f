import { printable } from '../text/printable.js';

/** A sentence for the person at the terminal: the command ends with it. */
export class CliError extends Error {
  override readonly name: string = 'CliError';

  constructor(message: string) {
    super(printable(message, { keepLines: true, most: 10_000 }));
  }
}

/** What the flags say cannot be: nothing was started. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
}
