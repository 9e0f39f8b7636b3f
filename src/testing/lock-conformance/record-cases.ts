import type { LeaderElectionRecord } from '../../lock/record.js';
import type { LockSnapshot } from '../../lock/resource-lock.js';
import { expectEqual, expectTrue } from './expectations.js';
import { type Case, heldBy, type LockUnderTest, released } from './lock-under-test.js';

const MAX_INT32 = 2 ** 31 - 1;

/** What becomes of a record. */
export function recordCases(): Case[] {
  return [
    {
      name: 'a record comes back as it was written, to the last digit of its times',
      run: comesBack,
    },
    {
      name: 'fingerprints differ exactly where the records do',
      run: hasFingerprint,
    },
  ];
}

/** Each differs from the one before. */
const RECORDS: readonly LeaderElectionRecord[] = [
  heldBy('a'),
  heldBy('Pod-7D4b9_0c1e', { renewTime: '2026-03-01T12:00:08.000001Z' }),
  heldBy('quoted "x" \\ \'y\' %s $1', { acquireTime: '2026-03-01T12:00:08.120000Z' }),
  heldBy('ünïcødé 候補者 🗳', { renewTime: '2026-03-01T12:00:09.000000Z' }),
  heldBy('a'.repeat(253), { leaseDurationSeconds: 1 }),
  heldBy('b', { leaseDurationSeconds: 3_600, leaderTransitions: 0 }),
  heldBy('b', { leaderTransitions: MAX_INT32 }),
  released(),
];

async function comesBack(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  let last: LockSnapshot | null = null;
  for (const record of RECORDS) {
    const written: LockSnapshot =
      last === null ? await a.create(record) : await a.update(record, last);
    expectRecord('the answer to a write', written, record);
    last = await (await lock.candidate('reader')).get();
    expectRecord('what is read', last, record);
  }
}

function expectRecord(of: string, snapshot: LockSnapshot, written: LeaderElectionRecord): void {
  expectEqual(`unreadable in ${of}`, snapshot.unreadable, null);
  const { record } = snapshot;
  expectEqual(`the record in ${of}`, record, written);
}

async function hasFingerprint(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  const changes: readonly Partial<LeaderElectionRecord>[] = [
    { leaseDurationSeconds: 16 },
    { acquireTime: '2026-03-01T13:00:00.123456Z' },
    { renewTime: '2026-03-01T13:00:07.654321Z' },
    { leaderTransitions: 4 },
  ];
  const first = await a.create(heldBy('a'));
  const seen = [first.fingerprint];
  let last = first;
  for (const record of [heldBy('b'), ...changes.map((change) => heldBy('a', change))]) {
    last = await a.update(record, last);
    const told = JSON.stringify(record);
    expectTrue(`fingerprint must be another for ${told}`, !seen.includes(last.fingerprint));
    seen.push(last.fingerprint);
    const read = await (await lock.candidate('reader')).get();
    expectEqual(
      'fingerprint of what was written, when it is read',
      read.fingerprint,
      last.fingerprint,
    );
  }
  last = await a.update(heldBy('a'), last);
  expectEqual(
    'fingerprint of the first record, written again',
    last.fingerprint,
    first.fingerprint,
  );
}
