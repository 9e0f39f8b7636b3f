import { releaseWasCommitted, stillHeldByUs } from '../../machines/answer-guards.js';
import type { LockReading } from '../../machines/actors.js';
import type { LeaderElectionActor } from '../../machines/leader-election.js';
import type { ElectionContext } from '../../machines/types.js';
import * as updates from '../../machines/updates.js';
import { errorName } from '../errors/error-name.js';
import {
  type ExitAnswer,
  type ExitRequest,
  requestsAtExit,
} from '../kubernetes/requests-at-exit.js';
import type { LockSnapshot } from '../lock/resource-lock.js';
import type { LockAtExit, WriteAtExit } from '../lock/lock-at-exit.js';

/*
 * What happens when the process ends while it leads. No event loop runs any more, so the chart cannot
 * release the lock: its rules are applied here one by one, to the context as the chart has left it.
 */

/** A candidacy that holds its lock, and the lock as the user has given it. */
export interface Holder {
  readonly actor: LeaderElectionActor;
  readonly lock: LockAtExit;
}

/** So long may the end of the process be held up, in milliseconds. */
const LIMIT_MS = 1_000;

/** A read and a write for each conflict; more come only from an API server that answers at random. */
const MOST_ROUNDS = 6;

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
  const releases = [...holders].map((holder) => new Release(holder));
  try {
    carryOut(releases);
  } catch (error) {
    for (const release of releases) release.fail(errorName(error));
  }
  for (const release of releases) release.tell();
}

function carryOut(releases: readonly Release[]): void {
  const [first] = releases;
  const startedAtMs = first?.nowMs ?? 0;
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const due = releases.flatMap((release) => {
      const request = release.next();
      return request === null ? [] : [{ release, request }];
    });
    const leftMs = LIMIT_MS - ((first?.nowMs ?? 0) - startedAtMs);
    if (due.length === 0 || leftMs <= 0) return;
    const requests = due.map(({ request }) => request);
    const answers = requestsAtExit(requests, leftMs);
    for (const [index, { release }] of due.entries()) release.hear(answers[index] ?? null);
  }
}

/** The release of one lock, request by request. */
class Release {
  readonly #lock: LockAtExit;
  #context: ElectionContext;
  /** What stands in the lock is to be read before it is written over. */
  #doubtful: boolean;
  #reading = false;
  #askedAtMs = 0;
  #end: 'released' | 'not ours' | 'failed' | null = null;
  #why = 'no answer in time';

  constructor({ actor, lock }: Holder) {
    this.#lock = lock;
    this.#context = actor.getSnapshot().context;
    this.#context.term?.end();
    // A renewal may be under way, or one that was not answered be stored: of the two writes over the
    // same version, the API server takes one, and if it is not ours we read what there is.
    const snapshot = this.#context.observation?.snapshot ?? null;
    this.#doubtful = !stillHeldByUs({ context: this.#context }, this.#readingOf(snapshot));
  }

  get nowMs(): number {
    return this.#context.config.clock.now().monotonicMs;
  }

  /** What is to be sent now; null: nothing any more. */
  next(): ExitRequest | null {
    if (this.#end !== null) return null;
    this.#askedAtMs = this.nowMs;
    const write = this.#doubtful ? null : this.#write();
    this.#reading = write === null;
    const request = this.#lock.requestAtExit(write);
    if (request === null) this.fail('it is not known with which credentials');
    return request;
  }

  hear(answer: ExitAnswer | null): void {
    // What was not answered may have been carried out.
    if (answer === null) this.#doubtful = true;
    else if (answer.status === 404) this.#end = 'not ours';
    else if (answer.status === 409 || answer.status === 429 || answer.status >= 500) {
      this.#doubtful = true;
      this.#why = `HTTP ${answer.status}`;
    } else if (answer.status < 200 || answer.status > 299) this.fail(`HTTP ${answer.status}`);
    else if (this.#reading || answer.afterConflict) this.#read(answer.json);
    else this.#end = 'released';
  }

  fail(why: string): void {
    this.#end ??= 'failed';
    this.#why = why;
  }

  tell(): void {
    const { lock, logger } = this.#context.config;
    const fields = { lock: lock.description, identity: lock.identity };
    if (this.#end === 'released') logger.info(fields, 'The process ends; the lock was released');
    else if (this.#end === 'not ours')
      logger.info(fields, 'The process ends; the lock is not ours');
    else {
      const message = 'The process ends, and the lock could not be released: it runs out by itself';
      logger.warn({ ...fields, reason: this.#why }, message);
    }
  }

  /** Null where nothing is known that could be written over: it is read then. */
  #write(): WriteAtExit | null {
    this.#context = { ...this.#context, ...updates.release(this.#context) };
    const { attempt, observation } = this.#context;
    return attempt === null
      ? null
      : { record: attempt.record, base: observation?.snapshot ?? null };
  }

  #readingOf(snapshot: LockSnapshot | null): LockReading {
    return { snapshot, sentAtMs: this.#askedAtMs, receivedAtMs: this.nowMs };
  }

  /** By the same rules by which the chart releases a lock: only over a record of our own. */
  #read(json: unknown): void {
    const snapshot = this.#lock.readAtExit(json);
    if (snapshot === null) {
      this.fail('an answer that is not the object');
      return;
    }
    const reading = this.#readingOf(snapshot);
    const args = { context: this.#context };
    if (releaseWasCommitted(args, reading)) this.#end = 'released';
    else if (!stillHeldByUs(args, reading)) this.#end = 'not ours';
    else {
      this.#context = { ...this.#context, ...updates.reading(this.#context, reading) };
      this.#doubtful = false;
    }
  }
}
