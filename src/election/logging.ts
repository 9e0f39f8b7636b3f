import type { ElectionEmitted, ElectionNews } from '../../machines/types.js';
import type { Logger } from '../config/leader-election-config.js';

/** Warnings and errors to stderr, for programs that give no logger: a library must not be mute. */
export const stderrLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => {
    console.warn(`[k8s-leader-election] ${message}${errorText(fields)}`);
  },
  error: (fields, message) => {
    console.error(`[k8s-leader-election] ${message}${errorText(fields)}`);
  },
};

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The same logger, except that it never throws: a full disk is no reason to stop renewing. */
export function safeLogger(logger: Logger): Logger {
  const log =
    (level: keyof Logger) =>
    (fields: object, message: string): void => {
      try {
        logger[level](fields, message);
      } catch {
        // There is nowhere left to report it to.
      }
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

const OVERRUN =
  'The work of a lost term has not ended and the lease has run out: it may run beside another ' +
  'leader. onStartedLeading must end when term.signal is aborted';

const ALTERED =
  'Our record was stored otherwise than it was written, and counts as it is stored. Is there an ' +
  'admission policy that alters it?';

/** Whose news they are. */
interface Candidate {
  readonly lock: string;
  readonly identity: string;
}

/**
 * Writes the news of one election to a log. A failure that repeats itself is a warning once, and
 * again after it changes or is over; in between it goes to the debug level.
 */
export class NewsLog {
  readonly #logger: Logger;
  readonly #candidate: Candidate;
  #lastFailure = '';
  #lastWatchFailure = '';

  constructor(logger: Logger, candidate: Candidate) {
    this.#logger = logger;
    this.#candidate = candidate;
  }

  write(news: ElectionNews): void {
    switch (news.type) {
      case 'acquireFailed':
        this.#warnOnce('Looking at the lock failed; it will be tried again', news);
        break;
      case 'renewFailed':
        this.#warnOnce('A renewal failed; it is tried again until the renew deadline', news);
        break;
      case 'releaseFailed':
        this.#warnOnce(
          'Releasing the lock failed; it is tried again until the lease has run out',
          news,
        );
        break;
      case 'startedLeading':
        this.#lastFailure = '';
        this.#say('info', 'Leading', { fencingToken: String(news.term.fencingToken) });
        break;
      case 'renewed':
        this.#lastFailure = '';
        break;
      case 'draining':
        this.#say('info', 'Draining: the work was told to end', { reason: news.reason });
        break;
      case 'stoppedLeading':
        this.#say('info', 'Stopped leading', { reason: news.reason });
        break;
      case 'released':
        this.#say('info', 'Released the lock');
        break;
      case 'newLeader':
        // Of its own leadership 'Leading' tells, with the token.
        if (news.identity === this.#candidate.identity) break;
        this.#say('info', 'Another identity leads', { leader: news.identity });
        break;
      case 'recordUnreadable':
        this.#say(
          'warn',
          `The record in the lock cannot be read (${news.problem}); it counts as held until it has ` +
            'not changed for a lease duration',
          { problem: news.problem },
        );
        break;
      case 'recordAltered':
        this.#say('warn', `${ALTERED} ${news.problem}`, { problem: news.problem });
        break;
      case 'watching':
        this.#lastWatchFailure = '';
        this.#say('debug', 'Watching the lock');
        break;
      case 'watchFailed':
        this.#warnOfWatch(news.error);
        break;
      case 'overrun':
        this.#say('error', OVERRUN);
        break;
      case 'callbackFailed':
        this.#say('error', `${news.callback} failed`, { err: news.error });
        break;
      case 'ended':
        this.#say('debug', 'The candidacy is over', { outcome: news.outcome });
        break;
      case 'stateChanged':
        this.#say('debug', 'State changed', { from: news.previous, to: news.state });
        break;
    }
  }

  #say(level: keyof Logger, message: string, fields: object = {}): void {
    this.#logger[level]({ ...this.#candidate, ...fields }, message);
  }

  #warnOnce(message: string, { type, error, failures }: Failure): void {
    const text = `${message} ${error.message}`;
    // Being second in a race for a free lock is no trouble, and happens at every hand-over.
    const lostRace = type === 'acquireFailed' && error.kind === 'conflict';
    const level = lostRace || text === this.#lastFailure ? 'debug' : 'warn';
    if (!lostRace) this.#lastFailure = text;
    this.#say(level, message, { err: error, failures });
  }

  /** A watch that cannot be had is a warning once, until it can be had or the reason is another. */
  #warnOfWatch(err: Error): void {
    const level = err.message === this.#lastWatchFailure ? 'debug' : 'warn';
    this.#lastWatchFailure = err.message;
    this.#say(level, 'The lock cannot be watched; it is polled', { err });
  }
}

type Failure = Extract<ElectionEmitted, { readonly failures: number }>;

function errorText(fields: object): string {
  if (!('err' in fields)) return '';
  return `: ${fields.err instanceof Error ? fields.err.message : String(fields.err)}`;
}
