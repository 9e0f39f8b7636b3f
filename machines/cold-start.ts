import { type Age, heed } from '../src/lock/decide.js';
import type { ElectionContext } from './types.js';
import { known } from './updates.js';

/** The server was asked how old the lock is that was seen first; undefined: it did not tell. */
export function aged(context: ElectionContext, age: Age | undefined): Partial<ElectionContext> {
  const { observation, config } = context;
  return observation === null ? {} : known(context, heed(observation, age, config));
}
