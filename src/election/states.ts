import type { ElectionState } from '../../machines/types.js';

/** The statechart's position in one word: the substate while elected, else the top-level state. */
export function stateName(value: unknown): ElectionState {
  if (typeof value === 'string') return value as ElectionState;
  const [parent, child] = Object.entries(value as Record<string, unknown>)[0] ?? [];
  return (parent === 'elected' ? stateName(child) : parent) as ElectionState;
}
