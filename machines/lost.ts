import { callbackFailed, workSettled } from './phrases.js';
import { electionSetup } from './setup.js';
import { stoppedInput, termOf } from './updates.js';

/**
 * Leadership has ended without a release: another holds the lock, or may soon. The work was told
 * so first of all. What is left of our last lease is the time that it has to wind down: unless the
 * lock was taken from us by force, nobody else can be leading in that time. Work that takes longer
 * is an overrun.
 */
export const lost = electionSetup.createStateConfig({
  id: 'lost',
  description: 'We do not lead any more; the work has what is left of the lease to wind down.',
  initial: 'entering',
  on: { stop: { actions: 'requestStop' } },
  states: {
    entering: {
      description: 'Was the application told already, while draining?',
      always: [{ guard: 'stopAnnounced', target: 'settling' }, { target: 'notifying' }],
    },
    notifying: {
      description: 'onStoppedLeading runs.',
      entry: 'announceStop',
      invoke: {
        id: 'onStoppedLeading',
        src: 'stoppedCallback',
        input: ({ context }) => stoppedInput(context),
        onDone: 'settling',
        onError: { target: 'settling', actions: callbackFailed('onStoppedLeading') },
      },
      after: { leaseDuration: 'settling' },
    },
    settling: {
      description: 'onStartedLeading winds down.',
      entry: 'announceEndOfDrain',
      invoke: {
        id: 'workSettled',
        src: 'workSettled',
        input: ({ context }) => ({ term: termOf(context) }),
        onDone: { target: 'concluding', actions: workSettled },
        onError: 'concluding',
      },
      after: {
        leaseDuration: [
          { guard: 'leaseExpired', target: 'overrun' },
          { target: 'settling', reenter: true },
        ],
      },
    },
    overrun: {
      description: 'The lease has run out and the work has not: it may run beside another leader.',
      entry: 'reportOverrun',
      always: { guard: 'shallEnd', target: 'over' },
      invoke: {
        id: 'workSettled',
        src: 'workSettled',
        input: ({ context }) => ({ term: termOf(context) }),
        onDone: { target: 'concluding', actions: workSettled },
        onError: 'concluding',
      },
    },
    concluding: {
      description: 'Before it competes again, onStoppedLeading too has what is left of the lease.',
      always: { guard: 'shallEnd', target: 'over' },
      invoke: {
        id: 'stopSettled',
        src: 'stopSettled',
        input: ({ context }) => ({ term: termOf(context) }),
        onDone: 'over',
        onError: 'over',
      },
      after: {
        lastWrite: [
          { guard: 'lastWriteExpired', target: 'over' },
          { target: 'concluding', reenter: true },
        ],
      },
    },
    over: {
      description: 'Nothing of the lost term is left to wait for.',
      type: 'final',
    },
  },
  onDone: [{ guard: 'shallRejoin', target: '#rejoining' }, { target: '#stopped' }],
});
