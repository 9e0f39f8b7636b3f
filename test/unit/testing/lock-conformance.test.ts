import { describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../src/index.js';
import { type ResourceLockTests, testResourceLock } from '../../../src/testing.js';
import { LOCK_BUGS, type LockBug, PlantedLock, PlantedStore } from '../../support/planted-lock.js';

/** A right lock, or one with a mistake. */
function planted(bug: LockBug | null): Omit<ResourceLockTests, 'test'> {
  const stores = new Map<string, PlantedStore>();
  const storeOf = (name: string): PlantedStore => {
    const store = stores.get(name) ?? new PlantedStore(bug);
    stores.set(name, store);
    return store;
  };
  return {
    create: ({ name, identity }) => new PlantedLock(storeOf(name), identity),
    remove: (name) => storeOf(name).remove(),
    interrupt: (name) => {
      for (const cut of [...storeOf(name).connections]) cut();
    },
    methods: ['watch', 'writtenAgo'],
    // What never comes is not waited for longer.
    timeoutMs: bug === null ? 5_000 : 200,
  };
}

/** Runs the suite in a runner of this test's; the messages of the cases that fail, by their names. */
async function failures(options: ResourceLockTests): Promise<Record<string, string>> {
  const cases: [string, () => Promise<void>][] = [];
  testResourceLock({ ...options, test: (name, run) => cases.push([name, run]) });
  expect(cases.length).toBeGreaterThan(7);
  const failed: Record<string, string> = {};
  for (const [name, run] of cases) {
    await run().catch((error: unknown) => (failed[name] = String(error)));
  }
  return failed;
}

const CONDITIONAL =
  'an update is stored only while the object is as in its base; of several at once, one is';
const DELETION = 'versions grow through a deletion: none is used again';
const DIGITS = 'a record comes back as it was written, to the last digit of its times';
const READ = 'a read shows the last write, whoever made it';
const GIVEN_UP = 'a call whose signal is aborted is given up';
const TRUTH = 'a watch tells of each change, and of none that there was not';
const CREATION = 'a creation overwrites nothing; of several at once, one is stored';
const RELEASE = 'a release is conditional, too: it frees nothing that another has taken';
const CLOSED = 'a watch that is closed says nothing more, and leaves no timer';
const DOUBTED = 'a watch that is doubted goes on telling';
const CUT = 'a watch that was cut off misses nothing, or says so';
const REMOVED = 'an update does not bring back what was removed';
const FINGERPRINT = 'fingerprints differ exactly where the records do';

/** Which cases each mistake fails, and what they say. */
const FOUND: Readonly<Record<LockBug, readonly [says: RegExp, ...cases: string[]]>> = {
  'takes and renewals are written without a condition': [
    /update\(\) from a base of before the last write must fail .* `conflict`, but succeeds/,
    CONDITIONAL,
  ],
  'the condition is checked before the write, and not by it': [
    /of 5 that update at once, one must succeed; 5 did/,
    CONDITIONAL,
  ],
  'a version is used again after a deletion': [
    /version must grow by a deletion and a creation: it was 102, and is 101/,
    DELETION,
  ],
  'versions begin anew after a dozen': [
    /version must grow by an update: it was 112, and is 100/,
    'versions grow with each write, and with nothing else',
  ],
  'times are cut to milliseconds': [/must be .*\.123456Z.*, but is .*\.123000Z/, DIGITS],
  'the holder is stored in lower case': [/must be .*Pod-7D4b9.*, but is .*pod-7d4b9/, DIGITS],
  'reads are answered from what was read before': [
    /the version that b reads after a write must be "102", but is "101"/,
    READ,
  ],
  'an aborted signal is ignored': [
    /get\(\) whose signal was aborted before must fail .* `aborted`, but succeeds/,
    GIVEN_UP,
  ],
  'listeners stay at the signal': [/how many listeners get\(\) leaves .* must be 0/, GIVEN_UP],
  'the watch names another holder': [/what the watch tells must be .*"holder":"a"/, TRUTH],
  'the watch tells of nothing': [/the watch does not tell of/, TRUTH, CLOSED, DOUBTED, CUT],
  'the watch ends with its connection': [
    /the watch tells neither of 102 nor of a gap \(its last error: the connection is gone\)/,
    CUT,
  ],
  'a closed watch goes on telling': [/how much the closed watches have said/, CLOSED],
  'a closed watch leaves its timer': [/the timers that closed watches leave/, CLOSED],
  'a creation overwrites': [
    /create\(\) of what exists already must fail .*, but succeeds/,
    CREATION,
  ],
  'a release is written without a condition': [
    /a release of what another has taken must fail .* `conflict`, but succeeds/,
    RELEASE,
  ],
  'an update creates what is gone': [/update\(\) of what was removed must fail/, REMOVED],
  'calls reject': [
    /get\(\) must resolve with ok: false when it fails, but rejects/,
    ...[READ, GIVEN_UP, CREATION, CONDITIONAL, RELEASE, REMOVED],
  ],
  'the fingerprint is the version': [/fingerprint of the first record, written again/, FINGERPRINT],
  'the fingerprint is the holder': [/fingerprint must be another for/, FINGERPRINT],
  'every lock has one identity': [
    /identity must be "candidate-1", but is "one"/,
    'a lock says whose it is, what it is, and what it can do',
  ],
  'the age is counted from 1970': [
    /writtenAgo\(\) must be at most/,
    'a lock is never said to be older than it is',
  ],
};

describe('the conformance suite of locks', () => {
  it('registers its tests with the `it` or `test` that is global, if it is handed none', () => {
    const { create } = planted(null);
    expect(() => testResourceLock({ create })).toThrow(
      'test must be the `test` of your runner: there is no global one',
    );
    for (const name of ['test', 'it']) {
      const global = vi.fn<(name: string, run: () => Promise<void>) => void>();
      vi.stubGlobal(name, global);
      testResourceLock({ create });
      vi.unstubAllGlobals();
      const names = global.mock.calls.map(([name]) => name);
      expect(names).toContain(CONDITIONAL);
      expect(new Set(names).size).toBe(names.length);
      // One that has a parameter would be handed a callback, and waited for until it calls it.
      expect(global.mock.calls.map(([, run]) => run.length)).toEqual(names.map(() => 0));
    }
  });

  it('says all that is wrong with its options', () => {
    const wrong = { create: 'x', methods: ['wach'], timeoutMs: 0, removed: () => undefined };
    expect(() => testResourceLock(wrong as never)).toThrow(ConfigError);
    expect(() => testResourceLock(wrong as never)).toThrow(
      /create must be a function.*methods must be a list of watch, writtenAgo.*timeoutMs/s,
    );
    expect(() => testResourceLock(wrong as never)).toThrow(
      /removed is not an option: did you mean/,
    );
    expect(() => testResourceLock(undefined as never)).toThrow(/options must be an object/);
  });

  it('tests no less than what a lock can do', async () => {
    const options = { ...planted(null), methods: [] };
    expect(await failures(options)).toEqual({
      'a lock says whose it is, what it is, and what it can do': expect.stringContaining(
        'the lock has watch(), which is tested if it is listed',
      ),
    });
  });

  it('passes a lock that is right', async () => {
    expect(await failures(planted(null))).toEqual({});
  });

  it.each(LOCK_BUGS)('finds that %s', async (bug) => {
    const [says, ...cases] = FOUND[bug];
    const failed = await failures(planted(bug));
    expect(Object.keys(failed)).toEqual(cases);
    expect(Object.values(failed)[0]).toMatch(says);
  });
});
