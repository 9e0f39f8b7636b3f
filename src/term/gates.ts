import { NotLeaderError } from '../errors/not-leader-error.js';
import type { Gate } from '../http/passage.js';
import { Problems } from '../validation/validate.js';
import type { TermHandle } from './term.js';

/** What Node's `fetch` takes as its first argument. */
export type FetchInput = Parameters<typeof fetch>[0];

/** What `term.fetch` takes as its second argument: what `fetch` does, and a margin. */
export interface TermFetchInit extends RequestInit {
  /**
   * Send the request only if the leadership lasts for so much longer, even if it is not renewed.
   *
   * @defaultValue `0`
   */
  readonly marginSeconds?: number | undefined;
}

/** Happens once. Who asks to be called after that is called at once. */
export class Closing {
  /** Null until there is one: most terms have no gate. */
  #calls: Set<() => void> | null = null;
  #isClosed = false;

  /** Returns how to revoke that. */
  whenClosed(call: () => void): () => void {
    if (this.#isClosed) call();
    else (this.#calls ??= new Set()).add(call);
    return () => {
      this.#calls?.delete(call);
    };
  }

  close(): void {
    this.#isClosed = true;
    const calls = this.#calls ?? [];
    this.#calls = null;
    for (const call of calls) call();
  }
}

interface Opening {
  readonly isOpen: () => boolean;
  /** How long it is open still, in milliseconds, unless the lease is renewed. */
  readonly leftMs: () => number;
  readonly marginMs: number;
  readonly closing: Closing;
  readonly notLeader: () => NotLeaderError;
}

export function gateFor({ isOpen, leftMs, marginMs, closing, notLeader }: Opening): Gate {
  return {
    refusal: () => {
      if (!isOpen()) return notLeader();
      return marginMs > 0 && leftMs() < marginMs ? tooLate(leftMs(), marginMs) : null;
    },
    onClosed: (call) => closing.whenClosed(call),
  };
}

function tooLate(leftMs: number, marginMs: number): NotLeaderError {
  return new NotLeaderError(
    `nothing was sent: the leadership is certain for ${(leftMs / 1000).toFixed(3)} s more, which is ` +
      `less than the margin of ${marginMs / 1000} s`,
  );
}

/**
 * Checks a margin, of which there is none where it is left out.
 *
 * @throws ConfigError when it is no number of seconds, or the deadline is not above it
 */
export function marginMsOf(subject: string, given: unknown, renewDeadlineMs: number): number {
  if (given === undefined) return 0;
  const problems = new Problems(subject);
  if (problems.number('marginSeconds', given, { min: 0 })) {
    const rule = `must be less than renewDeadlineSeconds (${renewDeadlineMs / 1000}), or nothing is sent`;
    problems.require(given * 1000 < renewDeadlineMs, 'marginSeconds', rule, given);
  }
  problems.throwIfAny();
  return (given as number) * 1000;
}

/** See `fetch` of {@link Term}. */
export async function termFetch(
  term: TermHandle,
  input: FetchInput,
  { marginSeconds, ...init }: TermFetchInit,
): Promise<Response> {
  const marginMs = marginMsOf('term.fetch()', marginSeconds, term.renewDeadlineMs);
  // Loaded at the first use: most work never asks for it. The gate is asked after that.
  const { guardedFetch } = await import('../http/guarded-fetch.js');
  return guardedFetch(term.gate('work', marginMs), input, init);
}
