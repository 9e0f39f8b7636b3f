import { harmless } from '../text/printable.js';

/** A sentence for the person at the terminal: the command ends with it. */
export class CliError extends Error {
  override readonly name: string = 'CliError';

  constructor(message: string) {
    super(harmless(message));
  }
}

/** What the flags say cannot be: nothing was started. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
}
