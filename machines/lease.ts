import {
  deadlinePassed,
  endsBy,
  ifError,
  ifNews,
  ifReading,
  ifStored,
  noteCommitted,
  noteFailure,
  noteTimeout,
  noteTooShort,
  noteTooShortAsRead,
  rebaseOnNews,
  rebaseOnReading,
  withReading,
} from './phrases.js';
import { electionSetup } from './setup.js';
import { writeInput } from './updates.js';

/** Keeps the lease of a term, whatever the work does meanwhile. The deadline is not its concern. */
export const lease = electionSetup.createStateConfig({
  description: 'Keeps the lease, by renewing it again and again.',
  initial: 'leading',
  states: {
    leading: {
      description: 'The next renewal is due a retry period after the last one.',
      on: {
        lockChanged: { guard: ifNews('recordGone'), target: 'renewing', actions: rebaseOnNews },
      },
      after: { retryPeriod: 'renewing' },
    },
    renewing: {
      description: 'One renewal, from the first try to its success, again and again if need be.',
      initial: 'writing',
      states: {
        writing: {
          description: 'Write the lock anew, on condition that it is as we left it.',
          entry: 'prepareRenewal',
          exit: 'forgetAnswer',
          invoke: {
            id: 'renewal',
            src: 'writeLock',
            input: ({ context }) => writeInput(context, context.lease?.base),
            onDone: [
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
                actions: [endsBy('superseded'), withReading('noteReading')],
              },
              {
                guard: ifReading('renewalWasCommitted'),
                target: 'renewed',
                actions: withReading('noteFoundCommitted'),
              },
              { target: 'writing', actions: rebaseOnReading },
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
          after: { retryDelay: 'reading' },
        },
        renewed: {
          description: 'The renewal is in the lock; our lease counts from before it was sent.',
          type: 'final',
          entry: ['extendTerm', 'announceRenewal'],
        },
      },
      onDone: 'leading',
    },
  },
});
