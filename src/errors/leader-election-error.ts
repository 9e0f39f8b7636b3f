import { harmless } from '../text/printable.js';

/** Under this each class of errors has its name, whichever copy of this package it is of. */
export const CLASS_NAME: unique symbol = Symbol.for('k8s-leader-election.errorClass');

/** What every error of this package has in common: a stable `code` to branch on, and a `cause`. */
export abstract class LeaderElectionError extends Error {
  /** @internal */
  static readonly [CLASS_NAME]: string = 'LeaderElectionError';

  /** Written out in each class: bundlers and minifiers rename classes. */
  abstract override readonly name: string;

  /** Stable across releases, unlike the message. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(harmless(message), options);
  }

  /**
   * A program may hold two copies of this package, one for `import` and one for `require`, and a lock of
   * the one may serve an election of the other: an error of either is an instance of both's class.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object') return false;
    const name = ownName(this);
    for (let at: unknown = value; at !== null; at = Object.getPrototypeOf(at)) {
      if (at === this.prototype) return true;
      // Not by `at.constructor`: of an object that others have made, that might do anything.
      const made: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
      if (name !== undefined && ownName(made) === name) return true;
    }
    return false;
  }
}

/** Undefined for a class that somebody has derived from one of these: of that there is one. */
function ownName(errorClass: unknown): unknown {
  if (typeof errorClass !== 'function' || !Object.hasOwn(errorClass, CLASS_NAME)) return undefined;
  return (errorClass as typeof LeaderElectionError)[CLASS_NAME];
}
