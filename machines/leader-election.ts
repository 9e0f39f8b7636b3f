import type { Actor } from 'xstate';
import { resolveConfig } from '../src/config/resolve-config.js';
import { acquiring } from './acquiring.js';
import { elected } from './elected.js';
import { lost } from './lost.js';
import { releasing } from './releasing.js';
import { electionSetup } from './setup.js';
import { initialContext, outcome } from './updates.js';

/**
 * Leader election as one statechart: start here, then read the states in the order of a life.
 *
 *     idle -> acquiring -> elected { leading <-> renewing, draining } -> lost | releasing -> stopped
 *
 * Guards, delays and actions are named in `setup.ts`; the rule for taking the lock is the pure
 * function in `src/lock/decide.ts`.
 */
export function makeLeaderElectionMachine() {
  return electionSetup.createMachine({
    id: 'leaderElection',
    description: 'One candidate in a leader election.',
    context: ({ input }) => initialContext(resolveConfig(input)),
    initial: 'idle',
    invoke: {
      id: 'notifier',
      src: 'notifier',
      input: ({ context: { config } }) => config,
    },
    on: {
      callbackFailed: {
        actions: {
          type: 'reportCallback',
          params: ({ event: { callback, error } }) => ({ callback, error }),
        },
      },
    },
    states: {
      idle: {
        description: 'Not a candidate yet.',
        on: { start: 'acquiring', stop: { target: 'stopped', actions: 'requestStop' } },
      },
      acquiring,
      elected,
      releasing,
      lost,
      rejoining: {
        id: 'rejoining',
        description: 'A pause after a term that ended, so that another has the first try.',
        entry: ['forgetTerm', 'drawJitter'],
        on: { stop: { target: 'stopped', actions: 'requestStop' } },
        after: { rejoinDelay: 'acquiring' },
      },
      stopped: {
        id: 'stopped',
        description: 'The candidacy is over; nothing of it runs on.',
        type: 'final',
        entry: 'announceEnd',
      },
    },
    output: ({ context }) => outcome(context),
  });
}

/** The statechart, ready for `createActor(leaderElectionMachine, { input: config })`. */
export const leaderElectionMachine = makeLeaderElectionMachine();

export type LeaderElectionMachine = typeof leaderElectionMachine;
export type LeaderElectionActor = Actor<LeaderElectionMachine>;
