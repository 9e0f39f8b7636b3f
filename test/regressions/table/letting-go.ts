import * as chart from '../seeded-bugs/chart.js';
import * as parts from '../seeded-bugs/parts.js';
import { mutant, simulated } from '../seeded-bugs/seeded-bug.js';
import { named, type Regression } from './regression.js';

/* Stopping, releasing, and what is called and left behind then. */
export const lettingGo: readonly Regression[] = [
  {
    situation: 'a release writes over the record of the next leader',
    seenIn: 'client-go',
    tests: named(
      'unit/election/release > a release > never writes over the record of another',
      'unit/election/release > a release > never writes over a record of our identity that we did not write',
      'unit/election/release > a release > checks again after a conflict, and leaves alone what another wrote meanwhile',
    ),
    bug: simulated('release-unchecked'),
  },
  {
    situation: 'a leader that lost the lock and then stops wipes the record of the next one',
    seenIn: 'client-go',
    tests: named(
      'unit/election/rivals > candidates for one lock > do not have their lock wiped by the one that lost it and then stops',
    ),
    bug: chart.stopEmptiesTheHolder,
  },
  {
    situation: 'the candidate that has just released the lock takes it again',
    seenIn: 'leader-election (npm)',
    tests: named(
      'regressions/wakes > a candidate that was stopped and has released the lock > does not take it again, whatever wakes it meanwhile, though nobody else does',
    ),
    bug: chart.stoppedRejoins,
  },
  {
    situation: 'a release meets a renewal that was given up and stored, and is not tried again',
    seenIn: 'kubernetes #131867',
    tests: named(
      'unit/election/stop > a leader that is stopped > releases over a renewal that was given up and is stored after all',
      'unit/election/release > a release > tries again after a conflict when the record is still its own',
    ),
    bug: chart.conflictEndsRelease,
  },
  {
    situation: 'the work starts though stop() came first',
    seenIn: 'controller-runtime #2719',
    tests: named(
      'unit/election/stop > a candidate that is stopped > while its claim is under way never starts the work, and releases what it won',
    ),
    bug: mutant(
      'a claim that succeeds leads, whatever came meanwhile',
      'participating.acquiring.claiming done(claim) if stopRequested: is not there',
    ),
  },
  {
    situation: 'the start callback fails, and the lease is renewed for ever',
    seenIn: 'Python #2075',
    tests: named(
      'unit/election/callbacks > work that fails > because it %s gives the lock back and ends the term with that error',
      'unit/election/callbacks > work that fails > does not keep the lease renewed',
    ),
    bug: simulated('failed-work-ignored'),
  },
  {
    situation: 'the stop callback runs twice for one term',
    seenIn: 'fabric8 #5463',
    tests: named(
      'unit/election/drain > an onStoppedLeading that never returns > ends with the drain timeout, without a second call, and without an overrun',
    ),
    bug: simulated('stop-callback-twice'),
  },
  {
    situation: 'the stop callback runs though nothing had started',
    seenIn: 'client-go #1187',
    tests: named(
      'unit/election/callbacks > onStoppedLeading > is never called for a candidate that never led',
    ),
    bug: chart.everyEndIsAnnounced,
  },
  {
    situation: 'a listener for SIGTERM in the library keeps the program from ending',
    seenIn: 'leader-election (npm)',
    tests: named(
      'regressions/exit > a program that holds an election > is ended by SIGTERM as any program is when it listens to none itself',
      'unit/election/leaks > an election that is over > leaves the signals and events of the process to the application',
    ),
    bug: parts.listensToSigterm,
  },
  {
    situation: 'a timer of the library keeps the program from ending',
    seenIn: 'leader-election (npm)',
    tests: named(
      'regressions/exit > a program that holds an election > ends when it is stopped while it leads: no timer, connection or listener keeps it',
      'regressions/exit > a program that holds an election > ends when it is stopped while it waits',
      'regressions/exit > a program that holds an election > and never begins it ends by itself, without a request',
    ),
    bug: parts.timerOfTheProcess,
  },
];
