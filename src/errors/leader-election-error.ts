import { printable } from '../text/printable.js';

/** No message of ours is nearly as long; one that quotes others may be. */
const LONGEST_MESSAGE = 10_000;

/** What every error of this package has in common: a stable `code` to branch on, and a `cause`. */
export abstract class LeaderElectionError extends Error {
  /** Written out in each class: bundlers and minifiers rename classes. */
  abstract override readonly name: string;

  /** Stable across releases, unlike the message. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message, { keepLines: true, most: LONGEST_MESSAGE }), options);
  }
}
