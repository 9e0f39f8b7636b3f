import { describe, expect, it } from 'vitest';
import { migrationBugs } from './migration/seeded-bugs.js';
import { findSeededBug } from './seeded-bugs/find.js';
import { SEEDED_BUGS } from './seeded-bugs/index.js';

/*
 * Errors seeded on purpose, to show that the verifier would object. A finding counts only where the
 * same seed is clean without the error.
 */

/** Errors that the first seed does not show begin at one that does, or is near one. */
const NEARBY: Readonly<Record<string, number>> = {
  'deadline-from-response': 3,
  'deadline-a-retry-period-late': 2,
  'deadline-anew-each-round': 20,
  'deadline-by-timer-alone': 6,
  'deadline-asked-last': 6,
  'late-claim-accepted': 19,
  'clocks-beyond-bound': 74,
  'own-duration': 3,
  'unreadable-is-free': 19,
  'former-term-is-claim': 23,
  'creation-is-explained': 5,
  'watch-is-trusted': 2,
  'server-age-hasty': 4,
  'known-loss-ignored': 3,
  'rejoins-beside-stop-callback': 23,
  'gives-up': 2,
  'released-is-created': 2,
  'eight-writes-remembered': 245,
  'conflict-is-refusal': 3,
  'answers-unread': 19,
  'date-believed': 35,
  'death-of-a-namesake': 34,
  'death-of-another-container': 8,
  'death-before-birth': 2,
  'death-without-margin': 26,
  'death-without-time': 2,
  'death-made-up': 2,
  'death-made-up-by-runtime': 9,
  'death-by-unknown-code': 16,
  'death-of-a-later-instance': 9,
  'instance-before-is-dead': 22,
  'gone-is-dead': 23,
  'failed-is-dead': 5,
  'offer-for-a-namesake': 5,
  'offer-of-another-container': 12,
  'offer-of-shared-processes': 30,
  'offer-by-another-clock': 20,
  'offer-after-later-ends': 55,
  'offer-outlives-its-record': 2,
  'predecessor-by-name-alone': 16,
  'death-of-whoever-holds': 12,
  'leads-by-the-old-alone': 3,
  'leads-by-the-new-alone': 9,
  'half-a-renewal': 2,
  'only-the-old-is-waited-for': 2,
  'half-is-given-back': 9,
};

describe.each([
  ['the election', { bugs: SEEDED_BUGS, migrates: false, termsPerSeed: 60, maxSeeds: 200 }],
  ['a MultiLock', { bugs: migrationBugs, migrates: true, termsPerSeed: 40, maxSeeds: 40 }],
])('an error seeded in %s is found', (_, { bugs, ...how }) => {
  const named = bugs.map((bug) => [bug.name, bug] as const);
  it.each(named)('%s', { timeout: 480_000 }, async (name, bug) => {
    const search = { ...how, firstSeed: NEARBY[name] ?? 1 };
    // Clocks further apart than lease over renew deadline must come to no less than this.
    const rule = bug.beyondBound === true ? 'two-leaders' : undefined;
    const finding = await findSeededBug(bug, rule === undefined ? search : { ...search, rule });
    expect(finding).toMatchObject({ rule: rule ?? (expect.any(String) as string) });
  });
});
