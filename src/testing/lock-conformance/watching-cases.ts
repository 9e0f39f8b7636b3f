import { isNewer } from '../../kubernetes/resource-version.js';
import type { LockSnapshot } from '../../lock/resource-lock.js';
import type { Candidate } from './candidate.js';
import { expectEqual, expectTrue, fail } from './expectations.js';
import { Listener } from './listener.js';
import { type Case, heldBy, type LockUnderTest, released, renewed } from './lock-under-test.js';

interface Has {
  readonly remove: boolean;
  readonly interrupt: boolean;
}

/** What a watch tells. */
export function watchingCases(has: Has): Case[] {
  return [
    {
      name: 'a watch tells of each change, and of none that there was not',
      run: (lock) => tellsTheTruth(lock, has.remove),
    },
    { name: 'a watch that is closed says nothing more, and leaves no timer', run: ends },
    { name: 'a watch that is doubted goes on telling', run: goesOnAfterDoubt },
    ...(has.interrupt
      ? [{ name: 'a watch that was cut off misses nothing, or says so', run: survivesACut }]
      : []),
  ];
}

async function tellsTheTruth(lock: LockUnderTest, canRemove: boolean): Promise<void> {
  const [a, b] = [await lock.candidate('a'), await lock.candidate('b')];
  const watch = await Listener.on(lock, 'watcher');
  await watch.opened();
  const written = new Map<string, LockSnapshot>();
  let last = await a.create(heldBy('a'));
  const hear = async (next: LockSnapshot): Promise<void> => {
    written.set(next.version, next);
    last = next;
    const { snapshot } = await watch.hears(({ version }) => version === next.version, next.version);
    expectSame(snapshot, next);
  };
  await hear(last);
  await hear(await a.update(renewed('a', 1), last));
  await hear(await b.update(heldBy('b'), await b.get()));
  await hear(await b.update(released(), last));
  if (canRemove) {
    await lock.remove();
    const { version } = await watch.hears(({ snapshot }) => snapshot === null, 'the deletion');
    const isLater = isNewer(version, last.version);
    expectTrue(`the deletion must have a version above ${last.version}: ${version}`, isLater);
  }
  for (const { snapshot } of watch.news) {
    if (snapshot === null) continue;
    const was = written.get(snapshot.version);
    if (was === undefined)
      return fail(`the watch tells of a version ${snapshot.version}: there was none`);
    expectSame(snapshot, was);
  }
  expectEqual('what the watch fails with', watch.errors.map(String), []);
  watch.close();
}

function expectSame(told: LockSnapshot | null, was: LockSnapshot): void {
  const [is, wanted] = [told, was].map((snapshot) => ({
    version: snapshot?.version,
    holder: snapshot?.record?.holderIdentity,
    fingerprint: snapshot?.fingerprint,
  }));
  expectEqual('what the watch tells', is, wanted);
}

async function ends(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  const first = await a.create(heldBy('a'));
  const [closed, open, atOnce] = [
    await Listener.on(lock, 'closed'),
    await Listener.on(lock, 'open'),
    await Listener.on(lock, 'closed-at-once'),
  ];
  atOnce.close();
  await closed.opened();
  await open.opened();
  closed.close();
  const before = [closed.said, atOnce.said];
  const next = await a.update(renewed('a', 1), first);
  // Whoever is told as well has been told by the time that this one has.
  await open.hears(({ version }) => version === next.version, next.version);
  expectEqual('how much the closed watches have said', [closed.said, atOnce.said], before);
  open.close();
  const timers = [closed, open, atOnce].map(({ pendingTimers }) => pendingTimers);
  expectEqual('the timers that closed watches leave', timers, [0, 0, 0]);
}

async function goesOnAfterDoubt(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  const first = await a.create(heldBy('a'));
  const watch = await Listener.on(lock, 'watcher');
  await watch.opened();
  watch.doubt();
  await hearsOfTwo(watch, a, first);
}

async function survivesACut(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  const first = await a.create(heldBy('a'));
  const watch = await Listener.on(lock, 'watcher');
  await watch.opened();
  await lock.interrupt();
  await hearsOfTwo(watch, a, first);
}

/** The first change may come while the watch is set up anew, and be found by who reads the lock. */
async function hearsOfTwo(watch: Listener, a: Candidate, first: LockSnapshot): Promise<void> {
  let last = first;
  for (const minutes of [1, 2]) {
    const { gaps } = watch;
    last = await a.update(renewed('a', minutes), last);
    await watch.catchesUpWith(last, gaps);
  }
  watch.close();
}
