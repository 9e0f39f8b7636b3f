/** What every error of this package has in common: a stable `code` to branch on, and a `cause`. */
export abstract class LeaderElectionError extends Error {
  /** Stable across releases, unlike the message. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
