/** A term that began in a `TestCluster`. */
export interface TestTerm {
  /** The candidate that led. */
  readonly candidate: string;
  /** Larger than those of all terms before. */
  readonly fencingToken: bigint;
  /** Seconds from the beginning of the cluster. */
  readonly fromSeconds: number;
  /** When its work was told to end, or its process killed; null while it lasts. */
  readonly untilSeconds: number | null;
}

/** The terms of all candidates, the oldest first. */
export class TermLog {
  readonly terms: { -readonly [Key in keyof TestTerm]: TestTerm[Key] }[] = [];

  begins(candidate: string, fencingToken: bigint, fromSeconds: number): void {
    this.terms.push({ candidate, fencingToken, fromSeconds, untilSeconds: null });
  }

  /** The first end counts. */
  ends(candidate: string, seconds: number): void {
    const last = this.terms.findLast((term) => term.candidate === candidate);
    if (last !== undefined) last.untilSeconds ??= seconds;
  }
}
