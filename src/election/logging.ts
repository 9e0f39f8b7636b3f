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

/**
 * Writes the news of one election to a log. A failure that repeats itself is a warning once, and
 * again after it changes or is over; in between it goes to the debug level.
 */
export function newsLogger(
  logger: Logger,
  candidate: { readonly lock: string; readonly identity: string },
): (news: ElectionNews) => void {
  let lastFailure = '';
  const logWatch = watchLogger(logger, candidate);
  const warnOnce = (message: string, failure: Failure): void => {
    const text = `${message} ${failure.error.message}`;
    // Being second in a race for a free lock is no trouble, and happens at every hand-over.
    const lostRace = failure.type === 'acquireFailed' && failure.error.kind === 'conflict';
    const level = lostRace || text === lastFailure ? 'debug' : 'warn';
    if (!lostRace) lastFailure = text;
    logger[level]({ ...candidate, err: failure.error, failures: failure.failures }, message);
  };

  return (news) => {
    switch (news.type) {
      case 'acquireFailed':
        warnOnce('Looking at the lock failed; it will be tried again', news);
        break;
      case 'renewFailed':
        warnOnce('A renewal failed; it is tried again until the renew deadline', news);
        break;
      case 'releaseFailed':
        warnOnce('Releasing the lock failed; it is tried again until the lease has run out', news);
        break;
      case 'startedLeading':
        lastFailure = '';
        logger.info({ ...candidate, fencingToken: String(news.term.fencingToken) }, 'Leading');
        break;
      case 'renewed':
        lastFailure = '';
        break;
      case 'draining':
        logger.info({ ...candidate, reason: news.reason }, 'Draining: the work was told to end');
        break;
      case 'stoppedLeading':
        logger.info({ ...candidate, reason: news.reason }, 'Stopped leading');
        break;
      case 'released':
        logger.info(candidate, 'Released the lock');
        break;
      case 'newLeader':
        // Of its own leadership 'Leading' tells, with the token.
        if (news.identity === candidate.identity) break;
        logger.info({ ...candidate, leader: news.identity }, 'Another identity leads');
        break;
      case 'recordUnreadable':
        logger.warn(
          { ...candidate, problem: news.problem },
          `The record in the lock cannot be read (${news.problem}); it counts as held until it has ` +
            'not changed for a lease duration',
        );
        break;
      case 'watching':
      case 'watchFailed':
        logWatch(news);
        break;
      case 'overrun':
        logger.error(candidate, OVERRUN);
        break;
      case 'callbackFailed':
        logger.error({ ...candidate, err: news.error }, `${news.callback} failed`);
        break;
      case 'ended':
        logger.debug({ ...candidate, outcome: news.outcome }, 'The candidacy is over');
        break;
      case 'stateChanged':
        logger.debug({ ...candidate, from: news.previous, to: news.state }, 'State changed');
        break;
    }
  };
}

/** A watch that cannot be had is a warning once, until it can be had or the reason is another. */
function watchLogger(
  logger: Logger,
  candidate: object,
): (news: Extract<ElectionEmitted, { readonly type: 'watching' | 'watchFailed' }>) => void {
  let lastFailure = '';
  return (news) => {
    if (news.type === 'watching') {
      lastFailure = '';
      logger.debug(candidate, 'Watching the lock');
      return;
    }
    const { error } = news;
    const level = error.message === lastFailure ? 'debug' : 'warn';
    lastFailure = error.message;
    logger[level]({ ...candidate, err: error }, 'The lock cannot be watched; it is polled');
  };
}

type Failure = Extract<ElectionEmitted, { readonly failures: number }>;

function errorText(fields: object): string {
  if (!('err' in fields)) return '';
  return `: ${fields.err instanceof Error ? fields.err.message : String(fields.err)}`;
}
