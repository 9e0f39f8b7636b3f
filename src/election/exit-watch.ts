import type { LeaderElectionActor } from '../../machines/leader-election.js';
import type { LeaderElectionConfig } from '../config/leader-election-config.js';
import { isLockAtExit } from '../lock/lock-at-exit.js';
import type { Logger } from '../logging/logger.js';
import type { Holder } from './release-at-exit.js';
import { stateName } from './states.js';

/** Where the lock is ours, or may be still. */
const HOLDING: readonly string[] = ['leading', 'renewing', 'draining', 'releasing'];

type AtExit = typeof import('./release-at-exit.js');

/** Null where nothing can be done at the exit of this program. Undefined before it was looked for. */
let atExit: AtExit | null | undefined;

/** Loads what releases locks at the exit of the process: to be awaited before the first of them is held. */
export async function prepareForExit(logger: Logger): Promise<void> {
  if (atExit === undefined) {
    const loaded = await import('./release-at-exit.js');
    atExit = loaded.canReleaseAtExit() ? loaded : null;
  }
  if (atExit !== null) return;
  const why = 'this program is not Node by itself';
  logger.warn({ why }, `releaseOnExit has no effect, because ${why}`);
}

/** Sees to it that the lock is released if the process ends while this candidacy holds it. */
export function watchForExit(actor: LeaderElectionActor, { lock }: LeaderElectionConfig): void {
  if (!isLockAtExit(lock)) return;
  const holder: Holder = { actor, lock };
  const hold = (): void => {
    atExit?.releaseAtExit(holder);
  };
  const forget = (): void => {
    atExit?.forgetAtExit(holder);
  };
  // The work begins right after this, and may end the process at once.
  actor.on('startedLeading', hold);
  actor.subscribe({
    next: ({ value }) => {
      if (!HOLDING.includes(stateName(value))) forget();
    },
    error: forget,
    complete: forget,
  });
}
