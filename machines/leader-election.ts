import type { Actor } from 'xstate';
import { resolveConfig } from '../src/config/resolve-config.js';
import { acquiring } from './acquiring.js';
import { elected } from './elected.js';
import { lost } from './lost.js';
import { noteWatchLost } from './phrases.js';
import { releasing } from './releasing.js';
import { electionSetup } from './setup.js';
import { initialContext, outcome } from './updates.js';

/**
 * Leader election as one statechart: start here, then read the states in the order of a life.
 *
 *     idle -> acquiring -> elected { leading <-> renewing } -> releasing | lost -> stopped
 *
 * Guards, delays and actions are named in `setup.ts`; the rule for taking the lock is the pure
 * function in `src/lock/decide.ts`. The lock and the callbacks come in by the input, since each
 * candidate has its own; `provide` is left to tests, which replace parts of the chart itself.
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
        on: { start: 'participating', stop: { target: 'stopped', actions: 'requestStop' } },
      },
      participating: {
        id: 'participating',
        description: 'We take part: the lock is watched, by a candidate and by the holder alike.',
        initial: 'acquiring',
        invoke: { id: 'watch', src: 'watchLock', input: ({ context: { config } }) => config },
        exit: 'forgetWatch',
        on: {
          watchOpened: { actions: 'noteWatching' },
          watchFailed: { actions: noteWatchLost },
          evidenceFailed: {
            actions: { type: 'tellEvidenceFailed', params: ({ event }) => event.error },
          },
        },
        states: { acquiring, elected },
      },
      releasing,
      lost,
      rejoining: {
        id: 'rejoining',
        description: 'A pause after a term that ended, so that another has the first try.',
        entry: ['forgetTerm', 'drawJitter'],
        on: { stop: { target: 'stopped', actions: 'requestStop' } },
        after: { rejoinDelay: 'participating' },
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

export type LeaderElectionMachine = ReturnType<typeof makeLeaderElectionMachine>;

/** The statechart, ready for `createActor(leaderElectionMachine, { input: config })`. */
export const leaderElectionMachine: LeaderElectionMachine = makeLeaderElectionMachine();

export type LeaderElectionActor = Actor<LeaderElectionMachine>;
