import type { LockError } from '../../../src/errors/lock-error.js';
import { MultiLock } from '../../../src/lock/multi-lock.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockResult, LockSnapshot, ResourceLock } from '../../../src/lock/resource-lock.js';
import type { SeededBug } from '../seeded-bugs/tools.js';

type Halves = readonly [old: ResourceLock, young: ResourceLock];
type Update = ResourceLock['update'];

/** One of the two, with some of its methods replaced. */
function half(lock: ResourceLock, changes: Partial<ResourceLock>): ResourceLock {
  return {
    identity: lock.identity,
    description: lock.description,
    get: (options) => lock.get(options),
    create: (record, options) => lock.create(record, options),
    update: (record, options) => lock.update(record, options),
    ...(lock.watch === undefined ? {} : { watch: (watcher) => lock.watch!(watcher) }),
    ...changes,
  };
}

/** A write that has failed so counts as stored. */
function excusing(lock: ResourceLock, excuses: (error: LockError) => boolean): ResourceLock {
  const excused = (
    answer: LockResult,
    record: LeaderElectionRecord,
    base: LockSnapshot | undefined,
  ): LockResult => {
    if (answer.ok || !excuses(answer.error)) return answer;
    const version = String(Number(base?.version ?? '0') + 1);
    const fingerprint = JSON.stringify(record);
    return { ok: true, record, unreadable: null, fingerprint, version, object: base?.object };
  };
  return half(lock, {
    create: async (record, options) =>
      excused(await lock.create(record, options), record, undefined),
    update: async (record, options = {}) =>
      excused(await lock.update(record, options), record, options.base),
  });
}

/** What is there is written over, whatever it is. */
function blindly(lock: ResourceLock): Update {
  return async (record, options = {}) => {
    const present = await lock.get(options);
    return present.ok ? lock.update(record, { ...options, base: present }) : present;
  };
}

/** What could not be written in the old lock is given back in the new one, in which it stands already. */
function takingBack(old: ResourceLock, young: ResourceLock): Update {
  const overwrite = blindly(young);
  return async (record, options) => {
    const answer = await old.update(record, options);
    if (!answer.ok && !record.isReleased) {
      const { leaderTransitions, acquireTime, renewTime } = record;
      const times = { acquireTime, renewTime, leaderTransitions };
      const empty = { ...times, holderIdentity: '', leaseDurationSeconds: 1 };
      await overwrite(new LeaderElectionRecord(empty), { signal: options?.signal });
    }
    return answer;
  };
}

/** It looks free, whoever holds it, and can be written over. */
function emptied(answer: LockResult): LockResult {
  if (!answer.ok || answer.record === null) return answer;
  return { ...answer, record: null, unreadable: null, fingerprint: '' };
}

const joining = (
  name: string,
  what: string,
  join: (halves: Halves) => ResourceLock,
): SeededBug => ({
  name,
  what,
  seeded: { join },
});

const NO_WATCH = { watch: undefined } as unknown as Partial<ResourceLock>;

/** Errors in what makes one lock of two. Each is sought with `--migration`. */
export const migrationBugs: readonly SeededBug[] = [
  joining(
    'leads-by-the-old-alone',
    'the new lock counts as written when that write has conflicted',
    ([old, young]) => new MultiLock([old, excusing(young, ({ kind }) => kind === 'conflict')]),
  ),
  joining(
    'leads-by-the-new-alone',
    'the old lock counts as written when that write has conflicted',
    ([old, young]) => new MultiLock([excusing(old, ({ kind }) => kind === 'conflict'), young]),
  ),
  joining(
    'half-a-renewal',
    'a renewal counts when it is stored in one of the two, though the other has not answered',
    ([old, young]) =>
      new MultiLock([excusing(old, ({ mayHaveCommitted }) => mayHaveCommitted), young]),
  ),
  joining(
    'only-the-old-is-waited-for',
    'the record in the new lock counts as none, whoever holds it',
    ([old, young]) =>
      new MultiLock([
        old,
        half(young, { ...NO_WATCH, get: async (options) => emptied(await young.get(options)) }),
      ]),
  ),
  joining(
    'only-the-new-is-waited-for',
    'the record in the old lock counts as none, whoever holds it',
    ([old, young]) =>
      new MultiLock([
        half(old, { ...NO_WATCH, get: async (options) => emptied(await old.get(options)) }),
        young,
      ]),
  ),
  joining(
    'second-write-unconditional',
    'the second of the two writes goes over whatever is there',
    ([old, young]) => new MultiLock([half(old, { update: blindly(old) }), young]),
  ),
  joining(
    'half-is-given-back',
    'a renewal that fails in the old lock gives back the new one, while the term goes on',
    ([old, young]) => new MultiLock([half(old, { update: takingBack(old, young) }), young]),
  ),
  joining(
    'token-is-the-sum',
    'the fencing token is the sum of the two versions, which is of no count of the server',
    ([old, young]) => withoutTokens(new MultiLock([old, young])),
  ),
  joining(
    'newer-half-shown',
    'a half of a write of its own is shown as it stands in one of the two',
    ([old, young]) => showingOneHalf(young, new MultiLock([old, young])),
  ),
];

function withoutTokens(lock: MultiLock): ResourceLock {
  const plain = (answer: LockResult): LockResult =>
    answer.ok ? { ...answer, token: undefined } : answer;
  return half(lock, {
    get: async (options) => plain(await lock.get(options)),
    update: async (record, options) => plain(await lock.update(record, options)),
  });
}

/** The record of the new lock stands for both. */
function showingOneHalf(young: ResourceLock, lock: MultiLock): ResourceLock {
  return half(lock, {
    get: async (options) => {
      const [whole, one] = await Promise.all([lock.get(options), young.get(options)]);
      if (!whole.ok || !one.ok || one.record === null || one.record.isReleased) return whole;
      return { ...whole, record: one.record };
    },
  });
}
