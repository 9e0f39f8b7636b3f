import { type Regression, tests } from './regression.js';

/* Cases of other libraries' own test suites. */
export const otherSuites: readonly Regression[] = [
  {
    situation:
      'taking the lock: no object, no record, led and fresh, led and long unrenewed, led after its own shorter duration, unled, emptied though fresh',
    seenIn: 'client-go, testTryAcquireOrRenew',
    tests: tests('test/unit/lock/decide.test.ts', 'what a candidate does about > %s'),
    change: {
      mistake: 'no lease is waited for',
      file: 'src/lock/decide.ts',
      find: 'const expired = expiresAtMs === null || nowMs >= expiresAtMs;',
      replace: 'const expired = true;',
    },
  },
  {
    situation: 'a release empties the holder',
    seenIn: 'client-go',
    tests: tests(
      'test/unit/election/release.test.ts',
      'a release > reads, then writes an empty holder and the shortest duration over its own record',
    ),
    change: {
      mistake: 'a release only shortens the lease',
      file: 'src/lock/next-record.ts',
      find: "holderIdentity: '',",
      replace: '',
    },
  },
  {
    situation: 'a release is cancelled during its read: it ends with the lease',
    seenIn: 'client-go',
    tests: tests(
      'test/unit/election/release.test.ts',
      'a release > ends, unreleased, when the lease of the last write that may be stored has run out',
    ),
    change: {
      mistake: 'a release goes on for ever',
      file: 'machines/releasing.ts',
      find: "    lastWrite: [\n      { guard: 'hasNotLed', target: '#backingOff', actions: 'forgetAttempt' },\n      { guard: 'shallRejoin', target: '#rejoining' },\n      { target: '#stopped', actions: 'noteNotReleased' },\n    ],",
      replace: '',
    },
  },
  {
    situation: 'a release is cancelled during its write, which was stored',
    seenIn: 'client-go',
    tests: tests(
      'test/unit/election/release.test.ts',
      'a release > that went unanswered is found to have been stored',
    ),
    change: {
      mistake: 'only an answer counts as a release',
      file: 'machines/releasing.ts',
      find: "actions: [withReading('noteReading'), 'noteReleased'],",
      replace: "actions: withReading('noteReading'),",
    },
  },
  {
    situation:
      'the requests of an election: get, create, update, update; after a conflict update, get, update, update',
    seenIn: 'client-go, fast path; Python, create and three updates',
    tests: tests(
      'test/unit/election/rivals.test.ts',
      'the requests of an election > are a read, a write and then writes alone',
      'the requests of an election > have a read between when somebody else has changed the object',
    ),
    change: {
      mistake: 'each renewal begins with a read',
      file: 'machines/renewal.ts',
      find: "initial: 'writing',",
      replace: "initial: 'reading',",
    },
  },
  {
    situation: 'a record is read back as it was written',
    seenIn: 'client-go',
    tests: tests(
      'test/regressions/stored-records.test.ts',
      'a Lease that a candidate leads, renews and releases > is read back as it was written, to the last digit',
    ),
    change: {
      mistake: 'times are stored to the millisecond',
      file: 'src/lock/iso-time.ts',
      find: "fraction.slice(0, 6).padEnd(6, '0')",
      replace: "fraction.slice(0, 3).padEnd(6, '0')",
    },
  },
  {
    situation: 'labels, annotations, finalizers and owners of the Lease survive',
    seenIn: 'client-go',
    tests: tests(
      'test/regressions/stored-records.test.ts',
      'a Lease that a candidate leads, renews and releases > keeps the labels, annotations, finalizers and owners that it had',
    ),
    change: {
      mistake: 'an update sends an object of its own making',
      file: 'src/lock/snapshot-of.ts',
      find: 'metadata: { ...metadata, resourceVersion: version }',
      replace: "metadata: { name: metadata['name'], resourceVersion: version }",
    },
  },
  {
    situation: 'one candidate stops and hands over to another',
    seenIn: 'Python',
    tests: tests(
      'test/unit/election/rivals.test.ts',
      'candidates for one lock > hand over at the next poll when the leader stops',
    ),
    change: {
      mistake: 'a leader that stops does not release',
      file: 'machines/elected.ts',
      find: "onDone: { target: '#releasing', actions: workSettled },",
      replace: "onDone: { target: '#stopped', actions: workSettled },",
    },
  },
  {
    situation: 'a leader whose tries all fail stops at its deadline',
    seenIn: 'Python',
    tests: tests(
      'test/unit/election/deadline.test.ts',
      'a leader whose renewals go unanswered > is not helped by answers that deny',
    ),
    change: {
      mistake: "a holder's lease ages more slowly than its clock",
      file: 'src/time/clock.ts',
      find: 'return Math.max(',
      replace: 'return 0.99 * Math.max(',
    },
  },
  {
    situation: 'a leader that met a conflict competes again, and two lead',
    seenIn: 'fabric8',
    tests: tests(
      'test/regressions/names.test.ts',
      'a leader that met a conflict and competes again > leads only when its turn comes, and never beside another',
    ),
    change: {
      mistake: 'no lease is waited for',
      file: 'src/lock/decide.ts',
      find: 'const expired = expiresAtMs === null || nowMs >= expiresAtMs;',
      replace: 'const expired = true;',
    },
  },
  {
    situation: 'a thousand cycles of acquiring and releasing leave nothing behind',
    seenIn: 'fabric8',
    tests: tests(
      'test/unit/election/leaks.test.ts',
      'a thousand candidacies one after another > leave one loop running at a time, and nothing behind',
    ),
    change: {
      mistake: "the listener on the caller's signal stays",
      file: 'src/election/candidacy.ts',
      find: "signal.removeEventListener('abort', stop);",
      replace: '',
    },
  },
];
