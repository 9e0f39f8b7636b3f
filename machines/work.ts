import {
  callbackFailed,
  endsBy,
  ifNews,
  rebaseOnNews,
  workFailed,
  workSettled,
} from './phrases.js';
import { electionSetup } from './setup.js';
import { stoppedInput, termOf } from './updates.js';

/** The work of a term, beside which the lease is kept: until it has ended, if time allows. */
export const work = electionSetup.createStateConfig({
  description: 'The work of the term: it runs, is told to end, and has ended.',
  initial: 'running',
  invoke: {
    id: 'work',
    src: 'work',
    input: ({ context }) => ({
      term: termOf(context),
      callback: context.config.onStartedLeading,
    }),
    onDone: {
      guard: 'releaseWhenDone',
      target: '.draining',
      actions: [endsBy('finished'), 'requestStop'],
    },
    onError: [
      { guard: 'termIsOn', target: '.draining', actions: [endsBy('failed'), workFailed] },
      { actions: workFailed },
    ],
  },
  states: {
    running: {
      description: 'onStartedLeading runs, or has come to its end and the term goes on without.',
      always: { guard: 'askedToStepDown', target: 'draining', actions: endsBy('steppedDown') },
      on: {
        lockChanged: {
          guard: ifNews('asksToStepDown'),
          target: 'draining',
          actions: [endsBy('steppedDown'), rebaseOnNews],
        },
        stop: [
          {
            guard: 'nothingToWaitFor',
            target: 'ended',
            actions: [
              'requestStop',
              endsBy('stopped'),
              'drainTerm',
              'announceDraining',
              'announceStop',
            ],
          },
          { target: 'draining', actions: ['requestStop', endsBy('stopped')] },
        ],
      },
    },
    draining: {
      description: 'The work was told to end; the lease is held and renewed until it has.',
      initial: 'stopping',
      entry: ['drainTerm', 'announceDraining'],
      after: {
        drainTimeout: {
          target: '#lost',
          actions: [endsBy('drainTimeout'), 'announceDrainTimeout'],
        },
      },
      states: {
        stopping: {
          description: 'onStoppedLeading runs, beside the work and under the lease still.',
          entry: 'announceStop',
          invoke: {
            id: 'onStoppedLeading',
            src: 'stoppedCallback',
            input: ({ context }) => stoppedInput(context),
            onDone: 'finishing',
            onError: { target: 'finishing', actions: callbackFailed('onStoppedLeading') },
          },
        },
        finishing: {
          description: 'onStartedLeading winds down.',
          invoke: {
            id: 'workSettled',
            src: 'workSettled',
            input: ({ context }) => ({ term: termOf(context) }),
            onDone: { target: '#ended', actions: workSettled },
            onError: '#ended',
          },
        },
      },
    },
    ended: {
      id: 'ended',
      description: 'Nothing is done any more: release, once the renewal under way was answered.',
      always: { guard: 'noAnswerDue', target: '#releasing' },
    },
  },
});
