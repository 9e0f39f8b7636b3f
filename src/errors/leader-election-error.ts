import { harmless } from '../text/printable.js';

/** What every error of this package has in common: a stable `code` to branch on, and a `cause`. */
export abstract class LeaderElectionError extends Error {
  /** Written out in each class: bundlers and minifiers rename classes. */
  abstract override readonly name: string;

  /** Stable across releases, unlike the message. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(harmless(message), options);
  }
}
