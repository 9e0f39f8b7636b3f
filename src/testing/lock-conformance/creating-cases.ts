import { expectOneWinner, expectRefused } from './candidate.js';
import { type Case, heldBy, type LockUnderTest } from './lock-under-test.js';

const AT_ONCE = 5;

/** What is created, and that nothing is lost by it. */
export function creatingCases(): Case[] {
  return [
    { name: 'a creation overwrites nothing; of several at once, one is stored', run: overwrites },
  ];
}

async function overwrites(lock: LockUnderTest): Promise<void> {
  const [a, b] = [await lock.candidate('a'), await lock.candidate('b')];
  const { version } = await a.create(heldBy('a'));
  const again = await b.tryCreate(heldBy('b'));
  expectRefused('create() of what exists already', again, 'conflict');
  await lock.expectStored(version, 'a');

  const another = lock.another();
  const many = await another.candidates(AT_ONCE);
  const answers = await Promise.all(
    many.map((candidate) => candidate.tryCreate(heldBy(candidate.lock.identity))),
  );
  const winner = expectOneWinner('create', answers);
  const holder = many[answers.findIndex(({ ok }) => ok)]?.lock.identity ?? '';
  await another.expectStored(winner.version, holder);
}
