import { stillHeldByUs } from '../../machines/answer-guards.js';
import type { LeaderElectionActor } from '../../machines/leader-election.js';
import type { ElectionContext } from '../../machines/types.js';
import * as updates from '../../machines/updates.js';
import { errorName } from '../errors/error-name.js';
import {
  type ExitRelease,
  type ExitResult,
  releasesAtExit,
} from '../kubernetes/requests-at-exit.js';
import type { LockAtExit } from '../lock/lock-at-exit.js';
import type { LockSnapshot } from '../lock/resource-lock.js';

/*
 * What happens when the process ends while it leads. No event loop runs any more, so the chart cannot
 * release the lock: its rules are applied here one by one, to the context as the chart has left it.
 */

/** A candidacy that holds its lock, and the lock as the user has given it. */
export interface Holder {
  readonly actor: LeaderElectionActor;
  readonly lock: LockAtExit;
}

/** So long may the end of the process be held up, in milliseconds. A test that is not about it has more. */
export const exitLimit = { ms: 1_000 };

/** The other process is the same program, which has to be Node by itself. */
export { canRequestAtExit as canReleaseAtExit } from '../kubernetes/requests-at-exit.js';

const holders = new Set<Holder>();

/** One handler serves all, and there is none while nobody holds a lock. */
export function releaseAtExit(holder: Holder): void {
  if (holders.size === 0) process.on('exit', releaseAll);
  holders.add(holder);
}

export function forgetAtExit(holder: Holder): void {
  if (holders.delete(holder) && holders.size === 0) process.off('exit', releaseAll);
}

function releaseAll(): void {
  // First of all: nobody is told any more that this process leads.
  const ends = [...holders].map((holder) => endTerm(holder));
  const due = ends.flatMap((end) => (end.release === null ? [] : [end.release]));
  const results = due.length === 0 ? [] : carryOut(due);
  for (const { context, release, why } of ends) {
    const index = release === null ? -1 : due.indexOf(release);
    tell(context, results[index] ?? { end: 'failed', why });
  }
}

function carryOut(due: readonly ExitRelease[]): readonly ExitResult[] {
  try {
    return releasesAtExit(due, exitLimit.ms);
  } catch (error) {
    return due.map(() => ({ end: 'failed', why: errorName(error) }));
  }
}

interface End {
  readonly context: ElectionContext;
  /** Null: nothing is sent. */
  readonly release: ExitRelease | null;
  readonly why: string;
}

/**
 * A renewal may be under way, or one that was not answered be stored: of the two writes over the same
 * version the API server takes one, and what is ours to write over then are the records of either.
 */
function endTerm({ actor, lock }: Holder): End {
  const { context } = actor.getSnapshot();
  context.term?.end();
  try {
    const released = { ...context, ...updates.release(context) };
    const { attempt, ownWrites } = released;
    const base = context.observation?.snapshot ?? null;
    if (base === null || attempt === null || !isHeld(context, base)) {
      return { context, release: null, why: 'what is known of it is not our record' };
    }
    const ours = ownWrites.map(({ record }) => record);
    const release = lock.releaseAtExit({ record: attempt.record, base, ours });
    return { context, release, why: 'it is not known with which credentials' };
  } catch (error) {
    return { context, release: null, why: errorName(error) };
  }
}

function isHeld(context: ElectionContext, snapshot: LockSnapshot): boolean {
  return stillHeldByUs({ context }, { snapshot, sentAtMs: 0, receivedAtMs: 0 });
}

function tell({ config }: ElectionContext, { end, why }: ExitResult): void {
  const { lock, logger } = config;
  const fields = { lock: lock.description, identity: lock.identity };
  if (end === 'released') logger.info(fields, 'The process ends; the lock was released');
  else if (end === 'not ours') logger.info(fields, 'The process ends; the lock is not ours');
  else {
    const message = 'The process ends, and the lock could not be released: it runs out by itself';
    logger.warn({ ...fields, reason: why }, message);
  }
}
