import {
  deadlinePassed,
  ifError,
  ifReading,
  ifStored,
  noteCommitted,
  noteFailure,
  noteTimeout,
  noteTooShort,
  noteTooShortAsRead,
  rebase,
  withReading,
} from './phrases.js';
import { electionSetup } from './setup.js';
import { recordToWrite } from './updates.js';

/**
 * One renewal, from the first try to its success. It stands in the chart twice: while leading, and
 * while draining. It ends by itself only in success or when another is found to hold the lock; the
 * renew deadline, which its parent keeps, ends it otherwise.
 */
export const renewal = electionSetup.createStateConfig({
  initial: 'writing',
  states: {
    writing: {
      description: 'Write the lock anew, on condition that it is as we left it.',
      entry: 'prepareRenewal',
      exit: 'forgetAnswer',
      invoke: {
        id: 'renewal',
        src: 'writeLock',
        input: ({ context }) => ({
          lock: context.config.lock,
          record: recordToWrite(context),
          base: context.lease?.base ?? null,
        }),
        onDone: [
          { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
          {
            guard: ifStored('leaseIsTooShort'),
            target: '#lost',
            actions: [deadlinePassed, noteTooShort('renew'), noteCommitted],
          },
          { target: 'renewed', actions: noteCommitted },
        ],
        onError: [
          {
            guard: ifError('isFirstConflict'),
            target: 'reading',
            actions: noteFailure('write', 'renew'),
          },
          {
            guard: ifError('objectVanished'),
            target: 'reading',
            actions: noteFailure('write', 'renew'),
          },
          { target: 'retrying', actions: noteFailure('write', 'renew') },
        ],
      },
      after: {
        requestTimeout: { target: 'retrying', actions: noteTimeout('write', 'renew') },
      },
    },
    reading: {
      description: 'Read the lock back: still ours? and was an unanswered write stored?',
      invoke: {
        id: 'readBack',
        src: 'readLock',
        input: ({ context: { config } }) => config,
        onDone: [
          { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
          {
            guard: ifReading('ownLeaseIsTooShort'),
            target: '#lost',
            actions: [
              deadlinePassed,
              noteTooShortAsRead('renew'),
              withReading('noteFoundCommitted'),
            ],
          },
          {
            guard: ifReading('heldByAnother'),
            target: '#lost',
            actions: [{ type: 'setEndReason', params: 'superseded' }, withReading('noteReading')],
          },
          {
            guard: ifReading('renewalWasCommitted'),
            target: 'renewed',
            actions: withReading('noteFoundCommitted'),
          },
          { target: 'writing', actions: rebase },
        ],
        onError: { target: 'retrying', actions: noteFailure('read', 'renew') },
      },
      after: {
        requestTimeout: { target: 'retrying', actions: noteTimeout('read', 'renew') },
      },
    },
    retrying: {
      description: 'Pause before the next try: short at first, and as long as the server asks.',
      entry: 'drawJitter',
      after: {
        retryDelay: [
          { guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
          { target: 'reading' },
        ],
      },
    },
    renewed: {
      description: 'The renewal is in the lock; our lease counts from before it was sent.',
      type: 'final',
      entry: ['extendTerm', 'announceRenewal'],
    },
  },
});
