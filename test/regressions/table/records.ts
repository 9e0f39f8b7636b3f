import * as parts from '../seeded-bugs/parts.js';
import { simulated } from '../seeded-bugs/seeded-bug.js';
import { named, type Regression } from './regression.js';

/* What stands in the lock: read from others, and written. */
export const records: readonly Regression[] = [
  {
    situation: 'times of three digits, which the API server refuses for ever',
    seenIn: 'clients that write a JavaScript date',
    tests: named(
      'regressions/stored-records > a Lease that a candidate leads, renews and releases > holds whole seconds above zero and times of six digits, and is never refused',
    ),
    bug: parts.threeDigits,
  },
  {
    situation: 'a duration of zero, or a misspelt one, makes a held lock free',
    seenIn: 'clients that misspell the field or write 0',
    tests: named(
      'regressions/mixed-fleets > a record whose duration says nothing > in a %s, because it is %s, is held for our own',
      'unit/election/follower > a candidate that finds the lock held > takes a record %s after %i ms',
    ),
    bug: parts.durationAsItIs,
  },
  {
    situation: 'a time in the record is compared with our clock: a lock is stolen, or never taken',
    seenIn:
      'fabric8 and kube-leader-election, beside kubernetes_asyncio, which writes local time with a Z',
    tests: named(
      'regressions/mixed-fleets > a lock that is held by a client of another library > and renewed is left to it, and taken a lease after its end: %s',
      'unit/election/follower > a candidate that finds the lock held > takes a record %s after %i ms',
    ),
    bug: simulated('steal-by-wall-clock'),
  },
  {
    situation: 'a record written over that of another library cannot be read by it',
    seenIn: 'fabric8, whose ConfigMap records name the duration otherwise',
    tests: named(
      'regressions/mixed-fleets > a lock that is held by a client of another library > and taken over gets a record that this library can read: %s',
    ),
    bug: simulated('foreign-content-dropped'),
  },
  {
    situation: 'a Lease that is released by its duration, its holder left in place, is waited for',
    seenIn: 'fabric8',
    tests: named(
      'regressions/mixed-fleets > a lock that is held by a client of another library > and released by a duration of one second, its holder left in place, is taken then',
    ),
    bug: parts.waitsForOwnDuration,
  },
];
