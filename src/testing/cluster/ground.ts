import type { Clock } from '../../time/clock.js';
import type { TestCandidate } from './candidate.js';

/** Where a cluster takes place. */
export interface Ground {
  readonly clock: Clock;
  /** What to do where an election does not go by that clock; null: it need not. */
  readonly whyClock: string | null;
  /** Lets time pass, and what it brings about be done. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** @throws {RangeError} naming the verb, if that is no time that can pass */
export function milliseconds(
  verb: string,
  value: number,
  unit: 'seconds' | 'milliseconds' = 'seconds',
): number {
  if (Number.isFinite(value) && value >= 0) return unit === 'seconds' ? value * 1000 : value;
  throw new RangeError(`${verb}: must be given ${unit}, 0 or more; received ${String(value)}`);
}

/** How all stand, for messages. */
export function situation(candidates: readonly TestCandidate<unknown>[], seconds: number): string {
  const states = candidates.map((candidate) => {
    const { id, state } = candidate;
    return `${id} is ${state === 'running' ? candidate.election.state : state}`;
  });
  return `At ${seconds} s, ${states.join(', ')}.`;
}

export function twoLeaders(leaders: readonly { readonly id: string }[], seconds: number): Error {
  return new Error(`Two leaders at ${seconds} s: ${leaders.map(({ id }) => id).join(' and ')}`);
}
