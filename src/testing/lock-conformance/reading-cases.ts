import { getEventListeners } from 'node:events';
import type { LockResult } from '../../lock/resource-lock.js';
import { systemClock } from '../../time/clock.js';
import { type Candidate, expectRefused } from './candidate.js';
import { expectEqual, expectTrue, fail } from './expectations.js';
import { type Case, heldBy, type LockUnderTest, renewed } from './lock-under-test.js';
import type { TestedMethod } from './test-resource-lock.js';

const OPTIONAL: readonly TestedMethod[] = ['watch', 'writtenAgo'];

/** A server may date what it stores by whole seconds. */
const GRANULARITY_MS = 1_000;

/** What is read, of whom, and how calls end. */
export function readingCases(has: { readonly remove: boolean; readonly age: boolean }): Case[] {
  return [
    { name: 'a lock says whose it is, what it is, and what it can do', run: saysWhatItIs },
    {
      name: 'a read shows the last write, whoever made it',
      run: (lock) => readsTheLastWrite(lock, has.remove),
    },
    { name: 'a call whose signal is aborted is given up', run: isGivenUp },
    ...(has.age ? [{ name: 'a lock is never said to be older than it is', run: tellsItsAge }] : []),
  ];
}

async function saysWhatItIs(lock: LockUnderTest): Promise<void> {
  const one = await lock.lock('candidate-1');
  expectEqual('identity', one.identity, 'candidate-1');
  expectEqual('identity of another', (await lock.lock('candidate-2')).identity, 'candidate-2');
  const { description } = one;
  expectTrue('description must be a text', typeof description === 'string' && description !== '');
  for (const method of OPTIONAL) {
    const isThere = typeof one[method] === 'function';
    if (isThere === lock.methods.includes(method)) continue;
    const told = isThere
      ? `the lock has ${method}(), which is tested if it is listed`
      : `the lock has no ${method}()`;
    fail(`methods must list the optional methods that there are: ${told}`);
  }
}

async function readsTheLastWrite(lock: LockUnderTest, canRemove: boolean): Promise<void> {
  const [a, b] = [await lock.candidate('a'), await lock.candidate('b')];
  expectRefused('get() of what does not exist', await b.tryGet(), 'notFound');
  let last = await a.create(heldBy('a'));
  await expectBothSee(last.version, 'a');
  last = await a.update(renewed('a', 1), last);
  await expectBothSee(last.version, 'a');
  last = await b.update(heldBy('b'), await b.get());
  await expectBothSee(last.version, 'b');
  if (!canRemove) return;
  await lock.remove();
  expectRefused('get() of what was removed', await a.tryGet(), 'notFound');

  async function expectBothSee(version: string, holder: string): Promise<void> {
    for (const reader of [a, b]) {
      const { identity } = reader.lock;
      const read = await reader.get();
      expectEqual(`the version that ${identity} reads after a write`, read.version, version);
      expectEqual(`the holder that ${identity} reads`, read.record?.holderIdentity, holder);
    }
  }
}

async function isGivenUp(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  const base = await a.create(heldBy('a'));
  const another = await lock.another().candidate('a');
  const calls: readonly [string, Candidate, (signal: AbortSignal) => Promise<LockResult>][] = [
    ['get()', a, (signal) => a.tryGet({ signal })],
    ['create()', another, (signal) => another.tryCreate(heldBy('a'), { signal })],
    ['update()', a, (signal) => a.tryUpdate(renewed('a', 1), { base, signal })],
  ];
  for (const [name, , call] of calls) {
    const answer = await call(AbortSignal.abort());
    expectRefused(`${name} whose signal was aborted before`, answer, 'aborted');
  }
  for (const [name, of, call] of calls) {
    const controller = new AbortController();
    const answered = call(controller.signal);
    controller.abort();
    const answer = await answered;
    // It may have been answered before, and a write may be stored all the same.
    if (!answer.ok) expectRefused(`${name} whose signal is aborted`, answer, 'aborted', 'conflict');
    const listening = getEventListeners(controller.signal, 'abort').length;
    expectEqual(`how many listeners ${name} leaves at its signal`, listening, 0);
    const after = await of.tryGet();
    const holder = after.ok ? after.record?.holderIdentity : 'a';
    expectEqual(`the holder after ${name} was given up`, holder, 'a');
  }
  const { signal } = new AbortController();
  for (const [name, , call] of calls) {
    await call(signal);
    const listening = getEventListeners(signal, 'abort').length;
    expectEqual(`how many listeners ${name} leaves at its signal`, listening, 0);
  }
}

async function tellsItsAge(lock: LockUnderTest): Promise<void> {
  const [a, b] = [await lock.candidate('a'), await lock.candidate('b')];
  const startMs = systemClock.now().monotonicMs;
  await a.create(heldBy('a'));
  const base = await b.get();
  const age = await b.lock.writtenAgo?.(base);
  const mostMs = systemClock.now().monotonicMs - startMs + GRANULARITY_MS;
  if (typeof age !== 'number') return fail(`writtenAgo() must tell a number, but tells ${age}`);
  expectTrue(`writtenAgo() must be at least 0, but is ${age}`, age >= 0);
  expectTrue(`writtenAgo() must be at most ${mostMs} ms here, but is ${age}`, age <= mostMs);
  expectEqual('the version after writtenAgo()', (await a.get()).version, base.version);

  await a.update(renewed('a', 1), await a.get());
  const told = await b.lock.writtenAgo?.(base).catch(() => undefined);
  expectEqual('writtenAgo() of what has changed since', told, undefined);
}
