import type { LeaderElectionActor } from '../../machines/leader-election.js';
import type { ResolvedConfig } from '../config/leader-election-config.js';
import { isLockAtExit } from '../lock/lock-at-exit.js';
import type { ResourceLock } from '../lock/resource-lock.js';
import { stateName } from './states.js';
import type { Holder } from './release-at-exit.js';

/** Where the lock is ours, or may be still. */
const HOLDING: readonly string[] = ['leading', 'renewing', 'draining', 'releasing'];

/**
 * Sees to it that the lock is released if the process ends while this candidacy holds it. What does that is
 * loaded when the candidacy begins; nothing is asked of the process before it leads.
 */
export function watchForExit(actor: LeaderElectionActor, lock: ResourceLock): void {
  if (!isLockAtExit(lock)) return;
  const holder: Holder = { actor, lock };
  let loading: Promise<void> | null = null;
  let loaded: typeof import('./release-at-exit.js') | null = null;
  let holds = false;
  const hold = (now: boolean): void => {
    if (now === holds) return;
    holds = now;
    if (holds) loaded?.releaseAtExit(holder);
    else loaded?.forgetAtExit(holder);
  };
  const load = async ({ logger }: ResolvedConfig): Promise<void> => {
    try {
      const module = await import('./release-at-exit.js');
      if (!module.canReleaseAtExit()) throw new Error('this program is not Node by itself');
      loaded = module;
      if (holds) loaded.releaseAtExit(holder);
    } catch (err) {
      const fields = { lock: lock.description, identity: lock.identity, err };
      logger.warn(fields, 'releaseOnExit has no effect: a crash costs what is left of the lease');
    }
  };
  // The work begins right after this, and may end the process at once.
  actor.on('startedLeading', () => {
    hold(true);
  });
  const end = (): void => {
    hold(false);
  };
  actor.subscribe({
    next: ({ value, context }) => {
      const state = stateName(value);
      if (state !== 'idle') loading ??= load(context.config);
      hold(HOLDING.includes(state));
    },
    error: end,
    complete: end,
  });
}
