import * as chart from '../seeded-bugs/chart.js';
import * as parts from '../seeded-bugs/parts.js';
import { mutant, simulated } from '../seeded-bugs/seeded-bug.js';
import { named, type Regression } from './regression.js';

/* Cases of other libraries' own test suites. */
export const otherSuites: readonly Regression[] = [
  {
    situation:
      'taking the lock: no object, no record, led and fresh, led and long unrenewed, led after its own shorter duration, unled, emptied though fresh',
    seenIn: 'client-go, testTryAcquireOrRenew',
    tests: named('unit/lock/decide > what a candidate does about > %s'),
    bug: parts.noLeaseIsWaitedFor,
  },
  {
    situation: 'a release empties the holder',
    seenIn: 'client-go',
    tests: named(
      'unit/election/release > a release > reads, then writes an empty holder and the shortest duration over its own record',
    ),
    bug: chart.releaseOnlyShortens,
  },
  {
    situation: 'a release is cancelled during its read: it ends with the lease',
    seenIn: 'client-go',
    tests: named(
      'unit/election/release > a release > ends, unreleased, when the lease of the last write that may be stored has run out',
    ),
    bug: chart.releasesForEver,
  },
  {
    situation: 'a release is cancelled during its write, which was stored',
    seenIn: 'client-go',
    tests: named(
      'unit/election/release > a release > that went unanswered is found to have been stored',
    ),
    bug: mutant(
      'only an answer counts as a release',
      'releasing.checking done(readBack) if releaseWasCommitted: without noteReleased',
    ),
  },
  {
    situation:
      'the requests of an election: get, create, update, update; after a conflict update, get, update, update',
    seenIn: 'client-go, fast path; Python, create and three updates',
    tests: named(
      'unit/election/rivals > the requests of an election > are a read, a write and then writes alone',
      'unit/election/rivals > the requests of an election > have a read between when somebody else has changed the object',
    ),
    bug: mutant(
      'each renewal begins with a read',
      'participating.elected.lease.renewing: begins in reading',
    ),
  },
  {
    situation: 'a record is read back as it was written',
    seenIn: 'client-go',
    tests: named(
      'regressions/stored-records > a Lease that a candidate leads, renews and releases > is read back as it was written, to the last digit',
    ),
    bug: parts.threeDigitsAndZeros,
  },
  {
    situation: 'labels, annotations, finalizers and owners of the Lease survive',
    seenIn: 'client-go',
    tests: named(
      'regressions/stored-records > a Lease that a candidate leads, renews and releases > keeps the labels, annotations, finalizers and owners that it had',
    ),
    bug: simulated('foreign-content-dropped'),
  },
  {
    situation: 'one candidate stops and hands over to another',
    seenIn: 'Python',
    tests: named(
      'unit/election/rivals > candidates for one lock > hand over at the next poll when the leader stops',
    ),
    bug: mutant(
      'a leader that stops does not release',
      'participating.elected.work.ended always if noAnswerDue: leads to stopped',
    ),
  },
  {
    situation: 'a leader whose tries all fail stops at its deadline',
    seenIn: 'Python',
    tests: named(
      'unit/election/deadline > a leader whose renewals go unanswered > is not helped by answers that deny',
    ),
    bug: parts.agesSlowly,
  },
  {
    situation: 'a leader that met a conflict competes again, and two lead',
    seenIn: 'fabric8',
    tests: named(
      'regressions/names > a leader that met a conflict and competes again > leads only when its turn comes, and never beside another',
    ),
    bug: parts.noLeaseIsWaitedFor,
  },
  {
    situation: 'a thousand cycles of acquiring and releasing leave nothing behind',
    seenIn: 'fabric8',
    tests: named(
      'unit/election/leaks > a thousand candidacies one after another > leave one loop running at a time, and nothing behind',
    ),
    bug: parts.listenerStays,
  },
];
