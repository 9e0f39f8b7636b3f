import {
  ifError,
  ifGap,
  ifHolderIsDead,
  ifNews,
  ifReading,
  ifStored,
  noteAge,
  noteCommitted,
  noteDeath,
  noteFailure,
  noteNews,
  noteNoAge,
  noteStored,
  noteTimeout,
  noteTooShort,
  noteTooShortAsRead,
  noteWatchLost,
  withReading,
} from './phrases.js';
import { electionSetup } from './setup.js';
import { writeInput } from './updates.js';

/**
 * A candidate: look at the lock, decide, and either write over it or wait. Nothing but our own
 * conditional write, answered by the API server or found in the lock, makes us leader.
 */
export const acquiring = electionSetup.createStateConfig({
  id: 'acquiring',
  description: 'A candidate that looks at the lock, and takes it when nobody can be leading.',
  initial: 'reading',
  on: {
    lockChanged: { guard: ifNews('isNews'), actions: noteNews },
    holderDied: { actions: noteDeath },
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
      always: [
        { guard: 'lockIsFree', target: 'claiming' },
        { guard: 'mayBeLongDead', target: 'dating' },
        { target: 'waiting' },
      ],
    },
    dating: {
      description: 'The first sight of a held lease: ask the API server, once, how old it is.',
      on: {
        lockChanged: { guard: ifNews('isNews'), target: 'reacting', actions: noteNews },
        holderDied: { guard: ifHolderIsDead, target: 'reacting', actions: noteDeath },
        watchOpened: { guard: ifGap, target: 'reading', actions: 'noteWatching' },
      },
      invoke: {
        id: 'askAge',
        src: 'askAge',
        input: ({ context: { config, observation } }) => ({
          lock: config.lock,
          clock: config.clock,
          base: observation?.snapshot ?? null,
        }),
        onDone: { target: 'deciding', actions: noteAge },
        onError: { target: 'waiting', actions: noteNoAge },
      },
      after: { requestTimeout: { target: 'waiting', actions: noteNoAge } },
    },
    claiming: {
      description: 'Write our record, on condition that nobody has written since we looked.',
      entry: 'prepareClaim',
      exit: 'forgetAnswer',
      // Its answer is awaited even so: a write given up now might be stored after we have looked.
      on: { stop: { actions: 'requestStop' } },
      invoke: {
        id: 'claim',
        src: 'writeLock',
        input: ({ context }) => writeInput(context, context.observation?.snapshot),
        onDone: [
          { guard: 'stopRequested', target: '#releasing', actions: noteStored },
          {
            guard: ifStored('leaseIsTooShort'),
            target: '#releasing',
            actions: [noteStored, noteTooShort('acquire')],
          },
          { guard: 'claimIsFresh', target: '#elected', actions: noteCommitted },
          { target: 'confirming', actions: noteStored },
        ],
        onError: [
          {
            guard: 'stopRequested',
            target: '#releasing',
            actions: noteFailure('write', 'acquire'),
          },
          {
            guard: ifError('isExplainedConflict'),
            target: 'deciding',
            actions: ['noteLostRace', noteFailure('write', 'acquire'), 'forgetAttempt'],
          },
          {
            guard: ifError('isFirstConflict'),
            target: 'confirming',
            actions: ['noteLostRace', noteFailure('write', 'acquire')],
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
      description: 'A write went unanswered, was late, or met a conflict: is it in the lock?',
      invoke: {
        id: 'readBack',
        src: 'readLock',
        input: ({ context: { config } }) => config,
        onDone: [
          {
            guard: ifReading('ownLeaseIsTooShort'),
            target: '#releasing',
            actions: noteTooShortAsRead('acquire'),
          },
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
      description: 'Somebody may be leading: the watch tells of changes, timers when to look.',
      entry: ['resetFailures', 'drawJitter'],
      on: {
        lockChanged: { guard: ifNews('isNews'), target: 'reacting', actions: noteNews },
        holderDied: { guard: ifHolderIsDead, target: 'reacting', actions: noteDeath },
        watchOpened: { guard: ifGap, target: 'reading', actions: 'noteWatching' },
        watchFailed: {
          guard: 'isWatching',
          target: 'waiting',
          reenter: true,
          actions: noteWatchLost,
        },
        wake: 'reading',
      },
      after: {
        pollInterval: 'reading',
        leaseDuration: [
          { guard: 'leaseExpired', target: 'holdingBack' },
          { target: 'waiting', reenter: true },
        ],
      },
    },
    reacting: {
      description:
        'A pure decision on what was told of the lock or its holder: it is free, or wait.',
      always: [{ guard: 'lockIsFree', target: 'holdingBack' }, { target: 'waiting' }],
    },
    holdingBack: {
      description: 'The lock has come free: a moment, so that not all candidates write at once.',
      entry: 'drawJitter',
      always: { guard: 'lockWasTaken', target: 'waiting', actions: 'noteYielded' },
      after: {
        contentionDelay: [{ guard: 'lockIsFree', target: 'claiming' }, { target: 'reading' }],
      },
    },
    backingOff: {
      id: 'backingOff',
      description: 'The API server refused or was not reached: pause, longer after each failure.',
      entry: 'drawJitter',
      after: {
        retryDelay: [{ guard: 'writeUnanswered', target: 'confirming' }, { target: 'reading' }],
      },
    },
  },
});
