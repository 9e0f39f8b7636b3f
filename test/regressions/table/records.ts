import * as parts from '../seeded-bugs/parts.js';
import { simulated } from '../seeded-bugs/seeded-bug.js';
import { type Regression, tests } from './regression.js';

/* What stands in the lock: read from others, and written. */
export const records: readonly Regression[] = [
  {
    situation: 'times of three digits, which the API server refuses for ever',
    seenIn: 'clients that write a JavaScript date',
    tests: tests(
      'test/regressions/stored-records.test.ts',
      'a Lease that a candidate leads, renews and releases > holds whole seconds above zero and times of six digits, and is never refused',
    ),
    bug: parts.threeDigits,
  },
  {
    situation: 'a duration of zero, or a misspelt one, makes a held lock free',
    seenIn: 'clients that misspell the field or write 0',
    tests: [
      ...tests(
        'test/regressions/mixed-fleets.test.ts',
        'a record whose duration says nothing > in a %s, because it is %s, is held for our own',
      ),
      ...tests(
        'test/unit/election/follower.test.ts',
        'a candidate that finds the lock held > goes by its own duration where the record says %s',
      ),
    ],
    bug: parts.durationAsItIs,
  },
  {
    situation: 'a time in the record is compared with our clock: a lock is stolen, or never taken',
    seenIn:
      'fabric8 and kube-leader-election, beside kubernetes_asyncio, which writes local time with a Z',
    tests: [
      ...tests(
        'test/regressions/mixed-fleets.test.ts',
        'a lock that is held by a client of another library > and renewed is left to it, and taken a lease after its end: %s',
      ),
      ...tests(
        'test/unit/election/follower.test.ts',
        'a candidate that finds the lock held > is not moved by a renew time of yesterday, nor by one of tomorrow',
      ),
    ],
    bug: simulated('steal-by-wall-clock'),
  },
  {
    situation: 'a record written over that of another library cannot be read by it',
    seenIn: 'fabric8, whose ConfigMap records name the duration otherwise',
    tests: tests(
      'test/regressions/mixed-fleets.test.ts',
      'a lock that is held by a client of another library > and taken over gets a record that this library can read: %s',
    ),
    bug: simulated('foreign-content-dropped'),
  },
  {
    situation: 'a Lease that is released by its duration, its holder left in place, is waited for',
    seenIn: 'fabric8',
    tests: tests(
      'test/regressions/mixed-fleets.test.ts',
      'a lock that is held by a client of another library > and released by a duration of one second, its holder left in place, is taken then',
    ),
    bug: parts.waitsForOwnDuration,
  },
];
