import * as chart from '../seeded-bugs/chart.js';
import * as parts from '../seeded-bugs/parts.js';
import { mutant, simulated } from '../seeded-bugs/seeded-bug.js';
import { type Regression, tests } from './regression.js';

/* Stopping, releasing, and what is called and left behind then. */
export const lettingGo: readonly Regression[] = [
  {
    situation: 'a release writes over the record of the next leader',
    seenIn: 'client-go',
    tests: tests(
      'test/unit/election/release.test.ts',
      'a release > never writes over the record of another',
      'a release > never writes over a record of our identity that we did not write',
      'a release > checks again after a conflict, and leaves alone what another wrote meanwhile',
    ),
    bug: simulated('release-unchecked'),
  },
  {
    situation: 'a leader that lost the lock and then stops wipes the record of the next one',
    seenIn: 'client-go',
    tests: tests(
      'test/unit/election/rivals.test.ts',
      'candidates for one lock > do not have their lock wiped by the one that lost it and then stops',
    ),
    bug: chart.stopEmptiesTheHolder,
  },
  {
    situation: 'the candidate that has just released the lock takes it again',
    seenIn: 'leader-election (npm)',
    tests: [
      ...tests(
        'test/regressions/wakes.test.ts',
        'a candidate that was stopped and has released the lock > does not take it again, whatever wakes it meanwhile, though nobody else does',
      ),
      ...tests(
        'test/unit/election/release.test.ts',
        'a release > does not make its own candidate compete again',
      ),
    ],
    bug: chart.stoppedRejoins,
  },
  {
    situation: 'a release meets a renewal that was given up and stored, and is not tried again',
    seenIn: 'kubernetes #131867',
    tests: [
      ...tests(
        'test/unit/election/stop.test.ts',
        'a leader that is stopped > releases over a renewal that was given up and is stored after all',
      ),
      ...tests(
        'test/unit/election/release.test.ts',
        'a release > tries again after a conflict when the record is still its own',
      ),
    ],
    bug: chart.conflictEndsRelease,
  },
  {
    situation: 'the work starts though stop() came first',
    seenIn: 'controller-runtime #2719',
    tests: tests(
      'test/unit/election/stop.test.ts',
      'a candidate that is stopped > while its claim is under way never starts the work, and releases what it won',
    ),
    bug: mutant(
      'a claim that succeeds leads, whatever came meanwhile',
      'participating.acquiring.claiming done(claim) if stopRequested: is not there',
    ),
  },
  {
    situation: 'the start callback fails, and the lease is renewed for ever',
    seenIn: 'Python #2075',
    tests: tests(
      'test/unit/election/callbacks.test.ts',
      'work that fails > because it %s gives the lock back and ends the term with that error',
      'work that fails > does not keep the lease renewed',
    ),
    bug: simulated('failed-work-ignored'),
  },
  {
    situation: 'the stop callback runs twice for one term',
    seenIn: 'fabric8 #5463',
    tests: tests(
      'test/unit/election/drain.test.ts',
      'an onStoppedLeading that never returns > ends with the drain timeout, without a second call, and without an overrun',
    ),
    bug: simulated('stop-callback-twice'),
  },
  {
    situation: 'the stop callback runs though nothing had started',
    seenIn: 'client-go #1187',
    tests: tests(
      'test/unit/election/callbacks.test.ts',
      'onStoppedLeading > is never called for a candidate that never led',
    ),
    bug: chart.everyEndIsAnnounced,
  },
  {
    situation: 'a listener for SIGTERM in the library keeps the program from ending',
    seenIn: 'leader-election (npm)',
    tests: [
      ...tests(
        'test/regressions/exit.test.ts',
        'a program that holds an election > is ended by SIGTERM as any program is when it listens to none itself',
      ),
      ...tests(
        'test/unit/election/leaks.test.ts',
        'an election that is over > leaves the signals and events of the process to the application',
      ),
    ],
    bug: parts.listensToSigterm,
  },
  {
    situation: 'a timer of the library keeps the program from ending',
    seenIn: 'leader-election (npm)',
    tests: tests(
      'test/regressions/exit.test.ts',
      'a program that holds an election > ends when it is stopped while it leads: no timer, connection or listener keeps it',
      'a program that holds an election > ends when it is stopped while it waits',
      'a program that holds an election > and never begins it ends by itself, without a request',
    ),
    bug: parts.timerOfTheProcess,
  },
];
