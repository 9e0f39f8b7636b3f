import { recordView, text } from '../../../inspect/redact.js';
import type {
  CandidateInfo,
  CandidateView,
  Countdown,
  NewsView,
  Report,
} from '../../../inspect/wire.js';
import type { Judgement } from '../judge.js';
import type { Pod } from './pods.js';

/**
 * What the cluster tells of a candidate:
 * - `holds`, `lapsed`: the lock names it, and its lease runs or has run out
 * - `released`, `replaced`, `unheld`: the lock has named it; it was given back, taken by another, or
 *   the record went away
 * - `former`: it has led before anybody looked, by an Event
 * - `pod`: nothing but a pod beside that of a holder
 */
export type Role = 'holds' | 'lapsed' | 'released' | 'replaced' | 'unheld' | 'former' | 'pod';

/** How the lock stood when it was looked at last, and when that was by the monotonic clock. */
export interface Look {
  readonly judgement: Judgement;
  readonly at: number;
}

/** One candidate as far as the cluster tells of it. */
export class KnownCandidate {
  readonly id: string;
  readonly lock: string;
  identity: string;
  role: Role;
  /** Null: it cannot be seen, or there is none. */
  pod: Pod | null = null;
  /** It was seen, and is not there any more. */
  isPodGone = false;
  /** The API server does not answer whoever asks for the lock. */
  isOutOfSight = false;

  constructor(id: string, lock: string, identity: string, role: Role) {
    this.id = id;
    this.lock = lock;
    this.identity = identity;
    this.role = role;
  }

  introduction(leaseDurationMs: number): Report {
    const info: CandidateInfo = {
      id: this.id,
      name: text(this.identity, 80),
      identity: text(this.identity),
      lock: text(this.lock),
      pid: 0,
      source: 'cluster',
      // What it does within its lease is known to itself alone.
      timings: {
        leaseDuration: leaseDurationMs,
        renewDeadline: 0,
        retryPeriod: 0,
        drainTimeout: 0,
      },
    };
    return { kind: 'candidate', info };
  }

  step(look: Look, now: number, eventText: string, news: readonly NewsView[]): Report {
    return {
      kind: 'step',
      candidate: this.id,
      event: 'other',
      eventText,
      transitions: [],
      news,
      view: this.#view(look, now),
      wallMs: Date.now(),
    };
  }

  #view(look: Look, now: number): CandidateView {
    const { standing, holder, record, heldForMs } = look.judgement;
    const isNamed = this.role === 'holds' || this.role === 'lapsed';
    const leads = this.role === 'holds';
    return {
      state: this.role,
      active: [],
      status: 'active',
      leads,
      leader: holder === null ? null : text(holder),
      lock: CONDITIONS[standing],
      record: record !== null && isNamed ? recordView(record) : null,
      version: null,
      term: leads
        ? {
            fencingToken: String(record?.leaderTransitions ?? 0),
            beganMsAgo: (heldForMs ?? 0) + (now - look.at),
          }
        : null,
      rings: isNamed ? leaseRing(look, now) : [],
      waits: [],
      failures: this.isOutOfSight ? 1 : 0,
      endReason: ENDS[this.role],
      says: this.#says(look.judgement),
    };
  }

  #says({ holder }: Judgement): string {
    const pod = this.#podText();
    switch (this.role) {
      case 'holds':
        return `Holds the lock.${pod}`;
      case 'lapsed':
        return `Still named in the lock, but its lease has run out.${pod}`;
      case 'released':
        return `Has given the lock back.${pod}`;
      case 'replaced':
        return `Held the lock before${holder === null ? '' : ` ${text(holder)}`}.${pod}`;
      case 'unheld':
        return `Held the lock until its record went away.${pod}`;
      case 'former':
        return `Has led before, by an Event.${pod}`;
      case 'pod': {
        const phase = this.pod === null ? 'gone' : this.pod.phase;
        const beside = `A pod beside that of the holder: ${text(phase, 40)}.`;
        return `${beside} Whether it competes, the cluster does not tell.`;
      }
    }
  }

  #podText(): string {
    if (this.pod !== null) return ` Its pod: ${text(this.pod.phase, 40)}.`;
    return this.isPodGone ? ' Its pod is gone.' : '';
  }
}

const CONDITIONS: Readonly<Record<Judgement['standing'], CandidateView['lock']>> = {
  held: 'held',
  expired: 'held',
  released: 'released',
  empty: 'empty',
  unreadable: 'unreadable',
  missing: 'absent',
};

const ENDS: Readonly<Record<Role, string | null>> = {
  holds: null,
  lapsed: 'lapsed',
  released: 'released',
  replaced: 'replaced',
  unheld: 'unheld',
  former: null,
  pod: null,
};

function leaseRing({ judgement: { ageMs, expiresInMs }, at }: Look, now: number): Countdown[] {
  if (ageMs === null || expiresInMs === null) return [];
  const totalMs = Math.max(0, ageMs + expiresInMs);
  const left = expiresInMs - (now - at);
  const remainingMs = Math.round(Math.max(0, Math.min(left, totalMs)));
  return [{ delay: 'leaseDuration', totalMs: Math.round(totalMs), remainingMs }];
}
