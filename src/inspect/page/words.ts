import type { CandidateView, NewsView } from '../wire.js';
import { clusterNews } from './cluster-news.js';

/* Plain words for what happens. Knows no browser. */

export type Tone = 'plain' | 'good' | 'bad';

/** One item of news, and whether it is good or bad; null for what the states say already. */
export function newsText({ type, details }: NewsView): { text: string; tone: Tone } | null {
  const error = String(details['error'] ?? '');
  switch (type) {
    case 'startedLeading':
      return { text: `Leads now, fencing token ${details['fencingToken']}`, tone: 'good' };
    case 'renewed':
      return { text: 'The lease was renewed', tone: 'plain' };
    case 'acquireFailed':
      // Being second in a race for a free lock is no trouble.
      if (details['kind'] === 'conflict') return { text: 'Another was faster', tone: 'plain' };
      return { text: `A try to take the lock failed: ${error}`, tone: 'bad' };
    case 'renewFailed': {
      const left = seconds(Number(details['remainingMs']));
      return { text: `A renewal failed, ${left} before the deadline: ${error}`, tone: 'bad' };
    }
    case 'releaseFailed':
      return { text: `Releasing the lock failed: ${error}`, tone: 'bad' };
    case 'draining':
      return { text: `The work was told to end: ${reasonText(details['reason'])}`, tone: 'plain' };
    case 'stoppedLeading': {
      const reason = String(details['reason']);
      const tone = reason === 'stopped' || reason === 'finished' ? 'plain' : 'bad';
      return { text: `Stopped leading: ${reasonText(reason)}`, tone };
    }
    case 'drainTimeout':
      return {
        text: `${late(details)} did not end in time; the lock is not given back`,
        tone: 'bad',
      };
    case 'released':
      return { text: 'The lock was given back', tone: 'good' };
    case 'newLeader':
      return { text: `Holds the lock now: ${details['identity']}`, tone: 'plain' };
    case 'vacant':
      return { text: 'Nobody is known to hold the lock', tone: 'plain' };
    case 'recordUnreadable':
      return { text: 'The record in the lock cannot be read', tone: 'bad' };
    case 'recordAltered':
      return { text: 'Our record was stored otherwise than it was written', tone: 'bad' };
    case 'watching':
      return { text: 'Hears of changes of the lock as they happen', tone: 'plain' };
    case 'watchFailed':
      return { text: `The lock cannot be watched, and is read instead: ${error}`, tone: 'plain' };
    case 'holderDied':
      return { text: `Takes over: ${details['evidence']}`, tone: 'good' };
    case 'evidenceFailed':
      return {
        text: `Of a leader that dies nothing is told but its lease: ${error}`,
        tone: 'plain',
      };
    case 'overrun':
      return { text: 'The work goes on though the lease has run out', tone: 'bad' };
    case 'callbackFailed':
      return { text: `${details['callback']} failed: ${error}`, tone: 'bad' };
    case 'vanished':
      return details['led'] === true
        ? {
            text: 'Gone while it led: its process has ended, or cannot reach this chart',
            tone: 'bad',
          }
        : { text: 'Gone: its process has ended, or cannot reach this chart', tone: 'plain' };
    case 'ended':
      return { text: `The candidacy is over: ${reasonText(details['reason'])}`, tone: 'plain' };
    default:
      return clusterNews({ type, details }) ?? { text: type, tone: 'plain' };
  }
}

/** Which callback the drain timeout has cut off. */
function late(details: NewsView['details']): string {
  return details['workFinished'] === true ? 'onStoppedLeading' : 'The work';
}

const REASONS: Readonly<Record<string, string>> = {
  stopped: 'it was asked to stop',
  finished: 'the work is done',
  failed: 'the work failed',
  deadline: 'no renewal within the renew deadline',
  superseded: 'the lock is in other hands',
  steppedDown: 'it was asked to hand over',
  drainTimeout: 'the work did not end in time',
  released: 'it has given the lock back',
  lapsed: 'its lease has run out',
  replaced: 'another has taken the lock',
  unheld: 'its record is not in the lock any more',
};

/** Ends of a term that are no trouble. */
export const AS_IT_SHOULD: readonly string[] = ['stopped', 'finished', 'steppedDown'];

export function reasonText(reason: unknown): string {
  const word = String(reason);
  return REASONS[word] ?? word;
}

/** What a delay means for whoever waits for it. */
export function delayText(delay: string, { leads, state }: CandidateView): string {
  switch (delay) {
    case 'retryPeriod':
      return 'next renewal';
    case 'renewDeadline':
      return 'leads at most';
    case 'leaseDuration':
      return leads || state === 'lost' ? 'others wait' : 'lease runs out';
    case 'pollInterval':
      return 'looks again';
    case 'retryDelay':
      return 'tries again';
    case 'lastWrite':
      return 'lease runs out';
    case 'requestTimeout':
      return 'gives up the request';
    case 'drainTimeout':
      return 'waits for the work';
    case 'rejoinDelay':
      return 'rejoins';
    default:
      return delay;
  }
}

/**
 * @param leftMs of the lease, where it is known
 * @param isFromCluster a candidate of which the cluster alone tells: how the lock stands is told of whom it
 * names, and of the others it was told when they were named
 */
export function lockText(
  { lock, record }: CandidateView,
  leftMs: number | null,
  isFromCluster = false,
): string {
  if (isFromCluster && record === null) return 'not held by it';
  switch (lock) {
    case 'unknown':
      return 'not looked at yet';
    case 'absent':
      return 'does not exist';
    case 'empty':
      return 'exists, without a record';
    case 'unreadable':
      return 'holds a record that cannot be read';
    case 'released':
      return 'free: it was released';
    case 'held':
      return leftMs === 0
        ? 'free: the lease has run out'
        : `held by ${record?.holderIdentity ?? 'somebody'}`;
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  timeout: 'the API server does not answer (timeout)',
  network: 'the API server cannot be reached (network)',
  forbidden: 'the API server forbids it (RBAC)',
  unauthorized: 'the API server does not accept the credentials',
  credentials: 'no credentials can be had',
  throttled: 'the API server asks to come back later (throttled)',
  serverError: 'the API server fails (server error)',
  invalid: 'the API server refuses what it is sent (invalid)',
  notFound: 'the lock or its namespace is not there (not found)',
};

/** What has failed, as one says it; the message of an error that has no such words. */
export function problemText({ kind, error }: { kind: string; error: string }): string {
  return PROBLEMS[kind] ?? error;
}

/** How long something has lasted, to a precision that one would say. */
export function lasting(ms: number): string {
  const [second, minute, hour] = [1000, 60_000, 3_600_000];
  if (ms < 2 * second) return seconds(ms);
  if (ms < 2 * minute) return `${Math.floor(ms / second)} s`;
  if (ms < 2 * hour) return `${Math.floor(ms / minute)} min`;
  if (ms < 48 * hour) return `${Math.floor(ms / hour)} h`;
  return `${Math.floor(ms / hour / 24)} days`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The time of day of a report, with milliseconds. */
export function clock(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** The innermost of a list of paths. */
export function leavesOf(active: readonly string[]): string[] {
  return active.filter((path) => !active.some((other) => other.startsWith(`${path}.`)));
}

/** Of those that are active side by side, the one that the candidate's state is called by. */
export function mainLeafOf({ active, state }: Pick<CandidateView, 'active' | 'state'>): string {
  const leaves = leavesOf(active);
  return leaves.find((path) => path.split('.').includes(state)) ?? leaves.at(-1) ?? '';
}

/** The innermost states that were entered since a candidate stood as before; null: at first. */
export function enteredSince(
  before: Pick<CandidateView, 'active'> | null,
  { active }: Pick<CandidateView, 'active'>,
): string[] {
  return leavesOf(active).filter((path) => before?.active.includes(path) !== true);
}

/** The outermost boxes are left out: they say nothing that the states within them do not. */
export function pathText(path: string): string {
  return path
    .replace(/^participating\.(elected\.)?/, '')
    .split('.')
    .join(' › ');
}
