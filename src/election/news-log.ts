import type { ElectionEmitted, ElectionNews } from '../../machines/types.js';
import type { EndReason } from '../config/leader-election-config.js';
import type { Logger } from '../logging/logger.js';
import type { ResourceLock } from '../lock/resource-lock.js';
import type { Clock } from '../time/clock.js';
import type { Snapshot } from './candidacy.js';
import { Trouble } from './trouble.js';

const OVERRUN =
  'The work of a lost term has not ended and the lease has run out: it may run beside another ' +
  'leader. onStartedLeading must end when term.signal is aborted';

const ALTERED =
  'Our record was stored otherwise than it was written, and counts as it is stored. Is there an ' +
  'admission policy that alters it?';

const RELEASE_FAILED = 'Releasing the lock failed; it is tried again until the lease has run out';

const NO_EVIDENCE = 'podEvidence does nothing for now; the lease is waited for, as without it';

/** Begins the warning of a candidacy that nobody asked to end. */
export const RETIRED = 'Takes no part in the election any more';

/** Why a term has ended, after a colon. */
const CAUSES: Readonly<Record<EndReason, string>> = {
  stopped: 'it was asked to stop',
  finished: 'the work is done',
  failed: 'onStartedLeading failed',
  deadline: 'no renewal succeeded within renewDeadlineSeconds',
  superseded: 'the lock was found in other hands',
  steppedDown: 'it was asked to hand over',
  drainTimeout: 'its callbacks did not end within drainTimeoutSeconds',
};

/** What may not work, for a while. */
type Troubles = Readonly<Record<'failure' | 'watch' | 'record', Trouble>>;

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
  #drainTimedOut = false;
  /** Since it became a candidate, the last time. */
  #hasLed = false;

  constructor(logger: Logger, lock: Candidate, clock: Clock) {
    this.#logger = logger;
    this.#lock = lock;
    this.#clock = clock;
  }

  /** The candidate has come this far: some trouble may be over, or has lasted for long. */
  see(snapshot: Snapshot): void {
    if (this.#troubles === null) return;
    const { failure, record } = this.#troubles;
    // It waits for another only after the API server has answered.
    if (snapshot.matches({ participating: { acquiring: 'waiting' } })) failure.end();
    const { observation } = snapshot.context;
    if ((observation?.snapshot?.unreadable ?? null) === null) record.end();
    for (const trouble of Object.values(this.#troubles)) trouble.remind();
  }

  /** It is over, in whatever way. */
  close(): void {
    this.#troubles = null;
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
        this.#troubles?.failure.end();
        this.#say('info', 'Leading', { fencingToken: String(news.term.fencingToken) });
        break;
      case 'renewed':
        this.#troubles?.failure.end();
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
        this.#say('warn', lateText(news.workFinished));
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
        this.#say('error', OVERRUN);
        break;
      case 'callbackFailed':
        this.#say('error', `${news.callback} failed`, { err: news.error });
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

  #acquireFailed(news: Failure): void {
    const { error } = news;
    if (error.kind === 'dependency') {
      this.#say('error', 'The candidacy is over: no retry could heal this', { err: error });
    } else this.#warnOf('Looking at the lock failed; it will be tried again', news);
  }

  #writeWatch(news: Extract<ElectionEmitted, { type: 'watching' | 'watchFailed' }>): void {
    if (news.type === 'watching') {
      this.#troubles?.watch.end();
      this.#say('debug', 'Watching the lock');
      return;
    }
    const { error: err } = news;
    // What keeps the lock from being watched and read alike is told once.
    if (err.kind === 'dependency') return;
    this.#trouble.watch.report(kindOf(news), 'The lock cannot be watched; it is polled', { err });
  }

  #recordUnreadable(problem: string): void {
    const message =
      `The record in the lock cannot be read (${problem}); it counts as held until it has not ` +
      'changed for a lease duration';
    this.#trouble.record.report(problem, message, { problem });
  }

  #stoppedLeading(reason: EndReason): void {
    const isLost = reason === 'deadline' || reason === 'superseded';
    if (isLost) this.#say('warn', `Lost the leadership: ${CAUSES[reason]}`, { reason });
    else this.#say('info', 'Stopped leading', { reason });
  }

  #lostWhileDraining(): void {
    if (this.#drainTimedOut) return;
    this.#say('warn', 'Lost the lock before the work and onStoppedLeading had ended');
  }

  /** Nobody may notice a program that lives on and competes no more, until it is needed. */
  #ended({ outcome, stopRequested }: Extract<ElectionEmitted, { type: 'ended' }>): void {
    if (stopRequested) return this.#say('debug', 'The candidacy is over', { outcome });
    const { reason } = outcome;
    const message = `${RETIRED}: ${CAUSES[reason]}`;
    this.#say('warn', `${message} (onLost: 'rejoin' goes on after the end of a term)`, { reason });
  }

  get #trouble(): Troubles {
    const trouble = (over: string): Trouble =>
      new Trouble(
        this.#clock,
        (level, message, fields) => {
          this.#say(level, message, fields);
        },
        over,
      );
    return (this.#troubles ??= {
      failure: trouble('Requests for the lock succeed again'),
      watch: trouble('The lock is watched again'),
      record: trouble('The record in the lock can be read, or is gone'),
    });
  }

  #say(level: keyof Logger, message: string, fields: object = {}): void {
    const { description, identity } = this.#lock;
    this.#logger[level]({ lock: description, identity, ...fields }, message);
  }

  #warnOf(message: string, news: Failure): void {
    const { type, error, failures } = news;
    const fields = { err: error, failures };
    // Being second in a race for a free lock is no trouble, and happens at every hand-over.
    if (type === 'acquireFailed' && error.kind === 'conflict') this.#say('debug', message, fields);
    else this.#trouble.failure.report(kindOf(news), message, fields);
  }
}

/** Failures that differ in this are worth a warning each. */
function kindOf({ type, error }: Pick<Failure, 'error'> & { readonly type: string }): string {
  return `${type} ${error.kind} ${error.reason ?? ''}`;
}

function lateText(workFinished: boolean): string {
  const callback = workFinished ? 'onStoppedLeading' : 'onStartedLeading';
  return (
    `${callback} did not end within drainTimeoutSeconds: the lock is not released, and the others ` +
    'wait until the lease has run out. Let it end sooner once term.signal is aborted, or raise ' +
    'drainTimeoutSeconds, and the grace period of the pod with it'
  );
}

type Failure = Extract<ElectionEmitted, { readonly failures: number }>;
