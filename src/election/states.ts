import type { ElectionState } from '../../machines/types.js';

type Value = string | { readonly [key: string]: Value };

/**
 * The statechart's position in one word: the top-level state, or where a participant stands. Whoever
 * drains may be renewing at the same time; that the work was told to end is worth more to know.
 */
export function stateName(value: unknown): ElectionState {
  const [top, participant] = entryOf(value as Value);
  if (top !== 'participating') return top as ElectionState;
  const [phase, regions] = entryOf(participant);
  if (phase !== 'elected') return phase as ElectionState;
  const { lease, work } = regions as { readonly lease: Value; readonly work: Value };
  return work === 'running' ? (entryOf(lease)[0] as ElectionState) : 'draining';
}

function entryOf(value: Value | undefined): [string, Value | undefined] {
  if (typeof value === 'string') return [value, undefined];
  const [entry] = Object.entries(value ?? {});
  return entry ?? ['', undefined];
}
