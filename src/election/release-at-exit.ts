import { stillHeldByUs } from '../../machines/answer-guards.js';
import type { LeaderElectionActor } from '../../machines/leader-election.js';
import type { ElectionContext } from '../../machines/types.js';
import * as updates from '../../machines/updates.js';
import { errorName } from '../errors/error-name.js';
import {
  type ExitRelease,
  type ExitResult,
  releasesAtExit,
  whyNoRequests,
} from '../kubernetes/requests-at-exit.js';
import { exitRelease } from '../lock/exit-release.js';
import { isLockAtExit } from '../lock/lock-at-exit.js';
import type { ResourceLock } from '../lock/resource-lock.js';

/*
 * What happens when the process ends while it leads. No event loop runs any more, so the chart cannot
 * release the lock: its rules are applied here one by one, to the context as the chart has left it.
 */

/** So long may the end of the process be held up, in milliseconds. A test that is not about it has more. */
export const exitLimit = { ms: 1_000 };

/** Each candidacy that runs, with its lock as the user has given it. */
const candidacies = new Map<LeaderElectionActor, ResourceLock>();

/** Sees to it that the lock is released if the process ends while this candidacy holds it. */
export function releaseAtExit(actor: LeaderElectionActor, lock: ResourceLock): void {
  const why = whyNoRequests();
  if (why !== null) {
    const { config } = actor.getSnapshot().context;
    config.logger.warn({ ...fieldsOf(config), why }, `releaseOnExit has no effect: ${why}`);
    return;
  }
  if (candidacies.size === 0) process.on('exit', releaseAll);
  candidacies.set(actor, lock);
  const forget = (): void => {
    candidacies.delete(actor);
    if (candidacies.size === 0) process.off('exit', releaseAll);
  };
  actor.subscribe({ error: forget, complete: forget });
}

function releaseAll(): void {
  endingOnce(() => {
    const contexts = [...candidacies].map(([actor, lock]) => ({
      ...actor.getSnapshot(),
      lock,
      actor,
    }));
    const inTerm = contexts.filter(({ context }) => context.term !== null);
    // First of all: nobody is told any more that this process leads. And no chart goes on from here: it
    // would take what is asked of it meanwhile for the end of the term, and give a wrong reason for that.
    for (const { actor, context } of inTerm) {
      actor.stop();
      context.term?.end();
    }
    const ends = contexts.flatMap(({ context, lock }) => endOf(context, lock) ?? []);
    const due = ends.flatMap(({ release }) => release ?? []);
    const results = due.length === 0 ? [] : releasesAtExit(due, exitLimit.ms);
    // Whoever catches what another handler throws out of process.exit() has a process that goes on.
    if (inTerm.length + due.length > 0) void Promise.resolve().then(() => process.exit());
    for (const { context, release, why } of ends) {
      const index = release === null ? -1 : due.indexOf(release);
      tell(context, results[index] ?? { end: 'failed', why });
    }
  });
}

/**
 * Listeners of `term.signal` and loggers run in here, and many of them call `process.exit()`. To Node that
 * is the end in the midst of all this, with another exit code and without a word of an exception. So
 * it does nothing meanwhile: the process ends, and with the code with which it began to.
 */
function endingOnce(handle: () => void): void {
  const { exitCode } = process;
  const node = process as unknown as { reallyExit: unknown };
  const { reallyExit } = node;
  // What every `process.exit` comes to, that of an `import { exit }` too.
  node.reallyExit = () => undefined;
  try {
    handle();
  } finally {
    node.reallyExit = reallyExit;
    process.exitCode = exitCode;
  }
}

interface End {
  readonly context: ElectionContext;
  /** Null: nothing is sent. */
  readonly release: ExitRelease | null;
  readonly why: string;
}

/**
 * Null where the lock is not ours. A renewal may be under way, or one that was not answered be stored: of
 * two writes over the same version the API server takes one, and what is ours to write over then are the
 * records of either.
 */
function endOf(context: ElectionContext, lock: ResourceLock): End | null {
  const base = context.observation?.snapshot ?? null;
  const reading = { snapshot: base, sentAtMs: 0, receivedAtMs: 0 };
  if (base === null || !stillHeldByUs({ context }, reading)) return null;
  try {
    const { attempt, ownWrites } = { ...context, ...updates.release(context) };
    const isReady = attempt !== null && isLockAtExit(lock);
    const write = isReady ? lock.writeAtExit(attempt.record, base) : null;
    if (write === null) {
      return { context, release: null, why: 'it is not known with which credentials' };
    }
    if (write.settings.proxy !== null)
      return { context, release: null, why: 'it is behind a proxy' };
    const ours = ownWrites.map(({ record }) => record);
    return { context, release: exitRelease(write, ours), why: '' };
  } catch (error) {
    return { context, release: null, why: errorName(error) };
  }
}

function tell({ config }: ElectionContext, { end, why }: ExitResult): void {
  const { logger } = config;
  const fields = fieldsOf(config);
  if (end === 'released') logger.info(fields, 'The process ends; the lock was released');
  else if (end === 'not ours') logger.info(fields, 'The process ends; the lock is not ours');
  else {
    const message = `The process ends, and the lock could not be released (${why}): it runs out by itself`;
    logger.warn({ ...fields, why }, message);
  }
}

function fieldsOf({ lock }: ElectionContext['config']): { lock: string; identity: string } {
  return { lock: lock.description, identity: lock.identity };
}
