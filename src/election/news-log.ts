import type { ElectionEmitted, ElectionNews } from '../../machines/types.js';
import type { EndReason } from '../config/leader-election-config.js';
import type { LockErrorKind } from '../errors/lock-error.js';
import type { Logger } from '../logging/logger.js';
import type { ResourceLock } from '../lock/resource-lock.js';
import type { Clock } from '../time/clock.js';
import type { Snapshot } from './candidacy.js';
import {
  ALTERED,
  CAUSES,
  HOPELESS,
  lateText,
  LEAD_FAILED,
  LOST_WHILE_DRAINING,
  NO_EVIDENCE,
  overrunText,
  RELEASE_FAILED,
  RETIRED,
  unreadableText,
} from './news-texts.js';
import { type Troubles, troublesOf } from './trouble.js';

/** What keeps a lock from being watched and read alike; the reading says it, once. */
const OF_ANY_REQUEST: ReadonlySet<LockErrorKind> = new Set<LockErrorKind>([
  'credentials',
  'unauthorized',
  'network',
  'timeout',
]);

/** Whose news they are. It may have more of a name once it has been used. */
export type Candidate = Pick<ResourceLock, 'description' | 'identity'>;

/**
 * Writes the news of one election to a log. What fails again and again is a warning at first and at
 * growing intervals; in between it goes to the debug level. That it works again is said, too.
 */
export class NewsLog {
  readonly #logger: Logger;
  readonly #lock: Candidate;
  readonly #clock: Clock;
  /** Null until something fails, which for most of a thousand elections it never does. */
  #troubles: Troubles | null = null;
  /** A watch that failed before it is known whether other requests fail, too. */
  #unsaid: WatchFailed | null = null;
  #drainTimedOut = false;
  /** Since it became a candidate, the last time. */
  #hasLed = false;
  /** The work, as the caller knows it. */
  #work = 'onStartedLeading';
  /** Somebody waits for what becomes of the work, and gets its error. */
  #isAwaited = false;

  constructor(logger: Logger, lock: Candidate, clock: Clock) {
    this.#logger = logger;
    this.#lock = lock;
    this.#clock = clock;
  }

  /** A candidacy begins. By `lead()`, its caller hears of the end, and whatever the work throws. */
  begin(isByLead: boolean): void {
    this.#work = isByLead ? 'The work of lead()' : 'onStartedLeading';
    this.#isAwaited = isByLead;
  }

  /** The candidate has come this far: some trouble may be over, or has lasted for long. */
  see(snapshot: Snapshot): void {
    if (this.#troubles === null && this.#unsaid === null) return;
    // It waits for another only after the API server has answered.
    if (snapshot.matches({ participating: { acquiring: 'waiting' } })) this.#answered();
    if (this.#troubles === null) return;
    const { record } = this.#troubles;
    const { observation } = snapshot.context;
    if ((observation?.snapshot?.unreadable ?? null) === null) record.end();
    for (const trouble of Object.values(this.#troubles)) trouble.remind();
  }

  /** It is over, in whatever way. */
  close(): void {
    this.#troubles = null;
    this.#unsaid = null;
  }

  write(news: ElectionNews): void {
    switch (news.type) {
      case 'acquireFailed':
        this.#acquireFailed(news);
        break;
      case 'renewFailed':
        this.#warnOf('A renewal failed; it is tried again until the renew deadline', news);
        break;
      case 'releaseFailed':
        this.#warnOf(RELEASE_FAILED, news);
        break;
      case 'startedLeading':
        this.#hasLed = true;
        this.#answered();
        this.#say('info', 'Leading', { fencingToken: String(news.term.fencingToken) });
        break;
      case 'renewed':
        this.#answered();
        break;
      case 'draining':
        this.#drainTimedOut = false;
        this.#say('info', 'Draining: the work was told to end', { reason: news.reason });
        break;
      case 'stoppedLeading':
        this.#stoppedLeading(news.reason);
        break;
      case 'drainTimeout':
        this.#drainTimedOut = true;
        this.#say('warn', lateText(news.workFinished ? 'onStoppedLeading' : this.#work));
        break;
      case 'released':
        // What was given back because nobody can lead by it is no sign of that being over.
        if (this.#hasLed) this.#troubles?.failure.end();
        this.#say('info', 'Released the lock');
        break;
      case 'newLeader':
        // Of its own leadership 'Leading' tells, with the token.
        if (news.identity === this.#lock.identity) break;
        this.#say('info', 'Another identity leads', { leader: news.identity });
        break;
      case 'vacant':
        this.#say('debug', 'Nobody is known to hold the lock');
        break;
      case 'recordUnreadable':
        return this.#recordUnreadable(news.problem);
      case 'recordAltered':
        this.#say('warn', `${ALTERED} ${news.problem}`, { problem: news.problem });
        break;
      case 'watching':
      case 'watchFailed':
        this.#writeWatch(news);
        break;
      case 'holderDied':
      case 'evidenceFailed':
        this.#writeEvidence(news);
        break;
      case 'overrun':
        this.#say('error', overrunText(this.#work));
        break;
      case 'callbackFailed':
        this.#callbackFailed(news);
        break;
      case 'ended':
        this.#ended(news);
        break;
      case 'stateChanged':
        if (news.state === 'acquiring') this.#hasLed = false;
        this.#say('debug', 'State changed', { from: news.previous, to: news.state });
        if (news.previous === 'draining' && news.state === 'lost') this.#lostWhileDraining();
        break;
    }
  }

  #writeEvidence(news: Extract<ElectionNews, { type: 'holderDied' | 'evidenceFailed' }>): void {
    if (news.type === 'evidenceFailed') this.#say('warn', NO_EVIDENCE, { err: news.error });
    else this.#say('info', `Takes over: ${news.evidence}`);
  }

  #callbackFailed({ callback, error: err }: CallbackFailed): void {
    const isWork = callback === 'onStartedLeading';
    if (isWork && this.#isAwaited) this.#say('info', LEAD_FAILED);
    else this.#say('error', `${isWork ? this.#work : callback} failed`, { err });
  }

  #acquireFailed(news: Failure): void {
    // Whoever has started it gets that error, which would stand here a second time.
    if (news.error.kind === 'dependency') this.#say('info', HOPELESS);
    else this.#warnOf('Looking at the lock failed; it will be tried again', news);
  }

  #writeWatch(news: WatchFailed | Extract<ElectionEmitted, { type: 'watching' }>): void {
    if (news.type === 'watching') {
      this.#unsaid = null;
      this.#troubles?.watch.end();
      this.#say('debug', 'Watching the lock');
      return;
    }
    const { kind } = news.error;
    // It ends the candidacy, with an error.
    if (kind === 'dependency') return;
    if (OF_ANY_REQUEST.has(kind)) this.#unsaid = news;
    else this.#watchFailed(news);
  }

  #watchFailed(news: WatchFailed): void {
    const { error: err } = news;
    this.#trouble.watch.report(kindOf(news), 'The lock cannot be watched; it is polled', { err });
  }

  /** Requests succeed: what still fails is the watch alone. */
  #answered(): void {
    this.#troubles?.failure.end();
    if (this.#unsaid !== null) this.#watchFailed(this.#unsaid);
    this.#unsaid = null;
  }

  #recordUnreadable(problem: string): void {
    this.#trouble.record.report(problem, unreadableText(problem), { problem });
  }

  #stoppedLeading(reason: EndReason): void {
    const isLost = reason === 'deadline' || reason === 'superseded';
    if (isLost) this.#say('warn', `Lost the leadership: ${CAUSES[reason]}`, { reason });
    else this.#say('info', 'Stopped leading', { reason });
  }

  #lostWhileDraining(): void {
    if (!this.#drainTimedOut) this.#say('warn', LOST_WHILE_DRAINING);
  }

  /** Nobody may notice a program that lives on and competes no more, until it is needed. */
  #ended({ outcome, stopRequested }: Extract<ElectionEmitted, { type: 'ended' }>): void {
    const isExpected = stopRequested || this.#isAwaited;
    this.#isAwaited = false;
    if (isExpected) return this.#say('debug', 'The candidacy is over', { outcome });
    const { reason } = outcome;
    const message = `${RETIRED}: ${CAUSES[reason]}`;
    this.#say('warn', `${message} (onLost: 'rejoin' goes on after the end of a term)`, { reason });
  }

  get #trouble(): Troubles {
    return (this.#troubles ??= troublesOf(this.#clock, this.#say.bind(this)));
  }

  #say(level: keyof Logger, message: string, fields: object = {}): void {
    const { description, identity } = this.#lock;
    this.#logger[level]({ lock: description, identity, ...fields }, message);
  }

  #warnOf(message: string, news: Failure): void {
    const { type, error, failures } = news;
    const fields = { err: error, failures };
    this.#unsaid = null;
    // Being second in a race for a free lock is no trouble, and happens at every hand-over.
    if (type === 'acquireFailed' && error.kind === 'conflict') this.#say('debug', message, fields);
    else this.#trouble.failure.report(kindOf(news), message, fields);
  }
}

/** Failures that differ in this are worth a warning each. */
function kindOf({ type, error }: Pick<Failure, 'error'> & { readonly type: string }): string {
  return `${type} ${error.kind} ${error.reason ?? ''}`;
}

type WatchFailed = Extract<ElectionEmitted, { type: 'watchFailed' }>;
type CallbackFailed = Extract<ElectionEmitted, { type: 'callbackFailed' }>;
type Failure = Extract<ElectionEmitted, { readonly failures: number }>;
