import type { HolderDeath } from '../src/lock/resource-lock.js';
import type { ElectionContext } from './types.js';
import { known } from './updates.js';

/** A process is dead: what the lock shows that it holds is free, now and whenever it shows that. */
export function death(
  context: ElectionContext,
  { holder: deadHolder }: HolderDeath,
): Partial<ElectionContext> {
  const { observation } = context;
  if (observation === null) return { deadHolder };
  return { ...known({ ...context, deadHolder }, observation), deadHolder };
}
