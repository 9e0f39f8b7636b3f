import { isNewer } from '../../kubernetes/resource-version.js';
import { expectOneWinner, expectRefused } from './candidate.js';
import { expectTrue } from './expectations.js';
import { type Case, heldBy, type LockUnderTest, released, renewed } from './lock-under-test.js';

const AT_ONCE = 5;

/** What is written over, and what versions say of it. */
export function updatingCases(has: { readonly remove: boolean }): Case[] {
  return [
    {
      name: 'an update is stored only while the object is as in its base; of several at once, one is',
      run: isConditional,
    },
    {
      name: 'a release is conditional, too: it frees nothing that another has taken',
      run: releasesItsOwn,
    },
    { name: 'versions grow with each write, and with nothing else', run: grow },
    ...(has.remove
      ? [
          {
            name: 'versions grow through a deletion: none is used again',
            run: growThroughDeletion,
          },
          { name: 'an update does not bring back what was removed', run: staysRemoved },
        ]
      : []),
  ];
}

async function isConditional(lock: LockUnderTest): Promise<void> {
  const [a, b] = [await lock.candidate('a'), await lock.candidate('b')];
  const first = await a.create(heldBy('a'));
  const second = await a.update(renewed('a', 1), first);
  const again = await a.tryUpdate(renewed('a', 2), { base: first });
  expectRefused('update() from a base of before the last write', again, 'conflict');
  await lock.expectStored(second.version, 'a');

  const seen = await b.get();
  const third = await a.update(renewed('a', 3), second);
  const late = await b.tryUpdate(heldBy('b'), { base: seen });
  expectRefused('update() from what another has written over since', late, 'conflict');
  const blind = await b.tryUpdate(heldBy('b'));
  expectRefused('update() without a base', blind, 'conflict', 'invalid');
  await lock.expectStored(third.version, 'a');

  const many = await lock.candidates(AT_ONCE);
  const bases = await Promise.all(many.map((candidate) => candidate.get()));
  const answers = await Promise.all(
    many.map((candidate, index) =>
      candidate.tryUpdate(heldBy(candidate.lock.identity), { base: bases[index] }),
    ),
  );
  const winner = expectOneWinner('update', answers);
  const holder = many[answers.findIndex(({ ok }) => ok)]?.lock.identity ?? '';
  await lock.expectStored(winner.version, holder);
}

async function releasesItsOwn(lock: LockUnderTest): Promise<void> {
  const [a, b] = [await lock.candidate('a'), await lock.candidate('b')];
  const own = await a.create(heldBy('a'));
  const taken = await b.update(heldBy('b'), await b.get());
  const late = await a.tryUpdate(released(), { base: own });
  expectRefused('a release of what another has taken', late, 'conflict');
  await lock.expectStored(taken.version, 'b');

  const free = await b.update(released(), taken);
  await lock.expectStored(free.version, '');
  const c = await lock.candidate('c');
  const next = await c.update(heldBy('c'), await c.get());
  await lock.expectStored(next.version, 'c');
}

async function grow(lock: LockUnderTest): Promise<void> {
  let last = await (await lock.candidate('a')).create(heldBy('a'));
  // More than ten, for whoever compares numbers as texts.
  for (let minutes = 1; minutes <= 12; minutes += 1) {
    const identity = minutes % 3 === 0 ? 'b' : 'a';
    const writer = await lock.candidate(identity);
    const next = await writer.update(renewed(identity, minutes), await writer.get());
    expectGrowth('an update', last.version, next.version);
    await lock.expectStored(next.version, identity);
    last = next;
  }
}

async function growThroughDeletion(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  let last = await a.create(heldBy('a'));
  for (let minutes = 1; minutes <= 3; minutes += 1) {
    last = await a.update(renewed('a', minutes), last);
    await lock.remove();
    const next = await a.create(heldBy('a'));
    expectGrowth('a deletion and a creation', last.version, next.version);
    last = next;
  }
}

function expectGrowth(what: string, before: string, after: string): void {
  const holds = isNewer(after, before);
  expectTrue(`version must grow by ${what}: it was ${before}, and is ${after}`, holds);
}

async function staysRemoved(lock: LockUnderTest): Promise<void> {
  const a = await lock.candidate('a');
  const base = await a.create(heldBy('a'));
  await lock.remove();
  const update = await a.tryUpdate(renewed('a', 1), { base });
  expectRefused('update() of what was removed', update, 'notFound', 'conflict');
  const read = await (await lock.candidate('reader')).tryGet();
  expectRefused('get() of what was removed', read, 'notFound');
}
