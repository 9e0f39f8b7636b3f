import type { LeaderElectionConfig } from '../../../src/config/leader-election-config.js';
import { Candidacy } from '../../../src/election/candidacy.js';
import { LeaderElection } from '../../../src/election/leader-election.js';
import * as decisions from '../../../src/lock/decide.js';
import * as isoTime from '../../../src/lock/iso-time.js';
import type { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockResult, LockUpdateOptions } from '../../../src/lock/resource-lock.js';
import { InMemoryLock, InMemoryLockStore } from '../../../src/testing/in-memory-lock.js';
import * as clocks from '../../../src/time/clock.js';
import type { Parts, SeededBug } from './seeded-bug.js';

/* Errors outside of the chart: another function or class in the place of one that is exported. */

// As they are now, before any error is seeded: what is replaced would call itself.
const { decide, observe } = decisions;
const { toMicroTime } = isoTime;
const { elapsedForHolder } = clocks;

function part(mistake: string, parts: Parts): SeededBug {
  return { mistake, make: () => parts };
}

/** Takes what was heard into what is known, but for when the lease runs out. */
function expiring(
  mistake: string,
  wrongly: (...args: Parameters<typeof observe>) => number | null | undefined,
): SeededBug {
  return part(mistake, {
    observe: (...args) => {
      const right = observe(...args);
      const expiresAtMs = wrongly(...args);
      return expiresAtMs === undefined ? right : { ...right, expiresAtMs };
    },
  });
}

export const noLeaseIsWaitedFor = part('no lease is waited for', {
  decide: (input) => decide({ ...input, nowMs: Infinity }),
});

export const emptyHolderHolds = part('an empty holder is a holder', {
  decide: (input) =>
    input.observation.snapshot?.record?.isReleased === true
      ? { kind: 'wait', because: 'held', untilMs: Infinity }
      : decide(input),
});

export const countsFromFirstSight = expiring(
  'a follower counts from its first sight of the holder, not of the record',
  (before, { snapshot }) => {
    const holder = before?.snapshot?.record?.holderIdentity;
    const isSame = holder !== undefined && holder === snapshot?.record?.holderIdentity;
    return isSame ? before?.expiresAtMs : undefined;
  },
);

export const everyLookIsLife = expiring(
  'every look counts as a sign of life',
  (before, { snapshot, receivedAtMs }) => {
    const record = snapshot?.record;
    const isSame = before?.snapshot?.fingerprint === snapshot?.fingerprint;
    if (record == null || record.isReleased || !isSame) return undefined;
    return receivedAtMs + record.leaseDurationSeconds * 1000;
  },
);

export const goneAsLastSeen = expiring(
  'an object that is gone is waited for as its last record was',
  (before, { snapshot }) => (snapshot === null ? before?.expiresAtMs : undefined),
);

export const durationAsItIs = expiring(
  'the duration of the record is taken as it is',
  (before, { snapshot, receivedAtMs }) => {
    const record = snapshot?.record;
    const isSame = before?.snapshot?.fingerprint === snapshot?.fingerprint;
    const seconds = record?.leaseDurationSeconds ?? NaN;
    if (isSame || record?.isReleased === true || !Number.isFinite(seconds)) return undefined;
    return receivedAtMs + seconds * 1000;
  },
);

export const waitsForOwnDuration = expiring(
  'a follower waits for its own lease duration',
  (before, { snapshot, receivedAtMs }, { leaseDurationMs }) => {
    const record = snapshot?.record;
    const isSame = before?.snapshot?.fingerprint === snapshot?.fingerprint;
    return isSame || record == null || record.isReleased
      ? undefined
      : receivedAtMs + leaseDurationMs;
  },
);

export const agesSlowly = part("a holder's lease ages more slowly than its clock", {
  elapsedForHolder: (...args) => 0.99 * elapsedForHolder(...args),
});

export const threeDigits = part('a time is written with three digits', {
  toMicroTime: (text) => withoutMicros(text, 'Z'),
});

export const threeDigitsAndZeros = part('times are stored to the millisecond', {
  toMicroTime: (text) => withoutMicros(text, '000Z'),
});

function withoutMicros(text: string, end: string): string | null {
  return toMicroTime(text)?.replace(/\d{3}Z$/, end) ?? null;
}

class UnconditionalLock extends InMemoryLock {
  override async update(
    record: LeaderElectionRecord,
    options: LockUpdateOptions = {},
  ): Promise<LockResult> {
    const now = await this.get(options);
    return super.update(record, now.ok ? { ...options, base: now } : options);
  }
}

export const writesUnconditionally = part('writes are not conditional', {
  InMemoryLockStore: class extends InMemoryLockStore {
    override lock(identity: string): InMemoryLock {
      return new UnconditionalLock(this, identity);
    }
  },
});

export const listensToSigterm = constructing('the constructor listens to SIGTERM', () => {
  process.on('SIGTERM', () => undefined);
});

export const timerOfTheProcess = constructing('a timer runs for as long as the process', () => {
  setInterval(() => undefined, 60_000);
});

function constructing(mistake: string, also: () => void): SeededBug {
  return part(mistake, {
    LeaderElection: class extends LeaderElection {
      constructor(config: LeaderElectionConfig) {
        super(config);
        also();
      }
    },
  });
}

export const listenerStays = part("the listener on the caller's signal stays", {
  Candidacy: class extends Candidacy {
    override start(signal?: AbortSignal): void {
      signal?.addEventListener('abort', () => {
        this.stop();
      });
      super.start(signal);
    }
  },
});
