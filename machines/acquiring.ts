import {
  ifError,
  ifReading,
  noteCommitted,
  noteFailure,
  noteTimeout,
  withReading,
} from './phrases.js';
import { electionSetup } from './setup.js';
import { recordToWrite } from './updates.js';

/**
 * A candidate: look at the lock, decide, and either write over it or wait. Nothing but our own
 * conditional write, answered by the API server or found in the lock, makes us leader.
 */
export const acquiring = electionSetup.createStateConfig({
  id: 'acquiring',
  description: 'A candidate that looks at the lock, and takes it when nobody can be leading.',
  initial: 'reading',
  on: {
    stop: [
      { guard: 'writeUnanswered', target: '#releasing', actions: 'requestStop' },
      { target: '#stopped', actions: 'requestStop' },
    ],
  },
  states: {
    reading: {
      description: 'Ask the API server for the lock.',
      invoke: {
        id: 'readLock',
        src: 'readLock',
        input: ({ context: { config } }) => config,
        onDone: { target: 'deciding', actions: withReading('noteReading') },
        onError: { target: 'backingOff', actions: noteFailure('read', 'acquire') },
      },
      after: {
        requestTimeout: { target: 'backingOff', actions: noteTimeout('read', 'acquire') },
      },
    },
    deciding: {
      description: 'A pure decision on what was read: take the lock, or wait.',
      always: [{ guard: 'lockIsFree', target: 'claiming' }, { target: 'waiting' }],
    },
    claiming: {
      description: 'Write our record, on condition that nobody has written since we looked.',
      entry: 'prepareClaim',
      // Its answer is awaited even so: a write given up now might be stored after we have looked.
      on: { stop: { actions: 'requestStop' } },
      invoke: {
        id: 'claim',
        src: 'writeLock',
        input: ({ context }) => ({
          lock: context.config.lock,
          record: recordToWrite(context),
          base: context.observation?.snapshot ?? null,
        }),
        onDone: [
          { guard: 'stopRequested', target: '#releasing' },
          { guard: 'claimIsFresh', target: '#elected', actions: noteCommitted },
          { target: 'confirming' },
        ],
        onError: [
          {
            guard: 'stopRequested',
            target: '#releasing',
            actions: noteFailure('write', 'acquire'),
          },
          {
            guard: ifError('isFirstConflict'),
            target: 'reading',
            actions: noteFailure('write', 'acquire'),
          },
          { target: 'backingOff', actions: noteFailure('write', 'acquire') },
        ],
      },
      after: {
        requestTimeout: [
          {
            guard: 'stopRequested',
            target: '#releasing',
            actions: noteTimeout('write', 'acquire'),
          },
          { target: 'backingOff', actions: noteTimeout('write', 'acquire') },
        ],
      },
    },
    confirming: {
      description: 'A write went unanswered, or its answer came late: is it in the lock?',
      invoke: {
        id: 'readBack',
        src: 'readLock',
        input: ({ context: { config } }) => config,
        onDone: [
          {
            guard: ifReading('claimWasCommitted'),
            target: '#elected',
            actions: withReading('noteFoundCommitted'),
          },
          { target: 'deciding', actions: [withReading('noteReading'), 'forgetAttempt'] },
        ],
        onError: { target: 'backingOff', actions: noteFailure('read', 'acquire') },
      },
      after: {
        requestTimeout: { target: 'backingOff', actions: noteTimeout('read', 'acquire') },
      },
    },
    waiting: {
      description: 'Somebody may be leading: look again soon, and when that lease has run out.',
      entry: ['resetFailures', 'drawJitter'],
      on: { wake: 'reading' },
      after: {
        pollInterval: 'reading',
        leaseDuration: [
          { guard: 'leaseExpired', target: 'reading' },
          { target: 'waiting', reenter: true },
        ],
      },
    },
    backingOff: {
      description: 'The API server refused or was not reached: pause, longer after each failure.',
      entry: 'drawJitter',
      after: {
        retryDelay: [{ guard: 'writeUnanswered', target: 'confirming' }, { target: 'reading' }],
      },
    },
  },
});
