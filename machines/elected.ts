import {
  callbackFailed,
  deadlinePassed,
  ifNews,
  noteBlind,
  noteNews,
  rebaseOnNews,
  watch,
  workFailed,
  workSettled,
} from './phrases.js';
import { renewal } from './renewal.js';
import { electionSetup } from './setup.js';
import { stoppedInput, termOf } from './updates.js';

/**
 * The holder of the lease. The work is invoked here, one level above leading and renewing, so that
 * it starts once a term and lives through every renewal.
 */
export const elected = electionSetup.createStateConfig({
  id: 'elected',
  description: 'We hold the lease, until the renew deadline counted from its last renewal.',
  tags: 'leader',
  initial: 'leading',
  entry: ['beginTerm', 'announceStart'],
  exit: 'forgetWatch',
  invoke: [
    {
      id: 'tenure',
      src: 'tenure',
      input: ({ context }) => ({ term: termOf(context) }),
    },
    {
      id: 'work',
      src: 'work',
      input: ({ context }) => ({
        term: termOf(context),
        callback: context.config.onStartedLeading,
      }),
      onDone: [
        { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
        {
          guard: 'releaseWhenDone',
          target: '.draining',
          actions: [{ type: 'setEndReason', params: 'finished' }, 'requestStop'],
        },
      ],
      onError: [
        { guard: 'leaseLapsed', target: '#lost', actions: [deadlinePassed, workFailed] },
        {
          guard: 'termIsOn',
          target: '.draining',
          actions: [{ type: 'setEndReason', params: 'failed' }, workFailed],
        },
        { actions: workFailed },
      ],
    },
    watch,
  ],
  on: {
    lapse: { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
    lockChanged: [
      { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
      {
        guard: ifNews('takenByAnother'),
        target: '#lost',
        actions: [{ type: 'setEndReason', params: 'superseded' }, noteNews],
      },
      {
        guard: ifNews('asksToStepDown'),
        target: '.draining',
        actions: [{ type: 'setEndReason', params: 'steppedDown' }, rebaseOnNews],
      },
    ],
    watchOpened: { actions: 'noteWatching' },
    watchFailed: { actions: noteBlind },
  },
  states: {
    leading: {
      id: 'leading',
      description: 'The work runs; the next renewal is due a retry period after the last one.',
      always: {
        guard: 'askedToStepDown',
        target: 'draining',
        actions: { type: 'setEndReason', params: 'steppedDown' },
      },
      on: {
        lockChanged: { guard: ifNews('wipedOut'), target: 'renewing', actions: rebaseOnNews },
        stop: [
          {
            guard: 'nothingToWaitFor',
            target: '#releasing',
            actions: [
              'requestStop',
              { type: 'setEndReason', params: 'stopped' },
              'announceDraining',
              'announceStop',
            ],
          },
          {
            target: 'draining',
            actions: ['requestStop', { type: 'setEndReason', params: 'stopped' }],
          },
        ],
      },
      after: {
        // Never after the renew deadline, which `renewing` keeps; unless the process stood still.
        retryPeriod: [
          { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
          { target: 'renewing' },
        ],
      },
    },
    renewing: {
      id: 'renewing',
      description: 'The work runs on while the lease is renewed, again and again if need be.',
      ...renewal,
      on: {
        stop: {
          target: 'draining',
          actions: ['requestStop', { type: 'setEndReason', params: 'stopped' }],
        },
      },
      after: {
        renewDeadline: [
          { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
          { target: 'renewing', reenter: true },
        ],
      },
      onDone: 'leading',
    },
    draining: {
      id: 'draining',
      description: 'The work was told to end; the lease is held and renewed until it has.',
      type: 'parallel',
      entry: ['drainTerm', 'announceDraining'],
      on: { stop: { actions: 'requestStop' } },
      after: {
        drainTimeout: {
          target: '#lost',
          actions: [{ type: 'setEndReason', params: 'drainTimeout' }, 'announceDrainTimeout'],
        },
      },
      states: {
        lease: {
          description: 'Keeps the lease meanwhile.',
          initial: 'holding',
          states: {
            holding: {
              description: 'The next renewal is due a retry period after the last one.',
              on: {
                lockChanged: {
                  guard: ifNews('wipedOut'),
                  target: 'renewing',
                  actions: rebaseOnNews,
                },
              },
              after: {
                retryPeriod: [
                  { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
                  { target: 'renewing' },
                ],
                renewDeadline: [
                  { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
                  { target: 'renewing' },
                ],
              },
            },
            renewing: {
              description: 'The lease is renewed, again and again if need be.',
              ...renewal,
              after: {
                renewDeadline: [
                  { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
                  { target: 'renewing', reenter: true },
                ],
              },
              onDone: 'holding',
            },
          },
        },
        work: {
          description: 'Tells the application, and waits for it and for its work.',
          initial: 'stopping',
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
                onDone: { target: '#releasing', actions: workSettled },
                onError: '#releasing',
              },
            },
          },
        },
      },
    },
  },
});
