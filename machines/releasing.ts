import { ifError, ifReading, noteFailure, noteTimeout, withReading } from './phrases.js';
import { electionSetup } from './setup.js';
import { writeInput } from './updates.js';

/**
 * Giving the lock back, so that another can take it at once. Never blindly: the write is conditional
 * on our own last one, or what stands in the lock is read first. Bounded by the lease itself.
 */
export const releasing = electionSetup.createStateConfig({
  id: 'releasing',
  description: 'We do not lead any more, and give the lock back if it is still ours.',
  initial: 'beginning',
  after: {
    // A renewal that went unanswered may have been stored, and holds the lock for longer.
    lastWrite: [
      { guard: 'hasNotLed', target: '#backingOff', actions: 'forgetAttempt' },
      { guard: 'shallRejoin', target: '#rejoining' },
      { target: '#stopped', actions: 'noteNotReleased' },
    ],
  },
  on: { stop: { actions: 'requestStop' } },
  states: {
    beginning: {
      description: 'Is it certain what stands in the lock, or is a write of ours unanswered?',
      always: [{ guard: 'ownWriteIsLast', target: 'writing' }, { target: 'checking' }],
    },
    checking: {
      description: 'Is the record in the lock one that we wrote?',
      invoke: {
        id: 'readBack',
        src: 'readLock',
        input: ({ context: { config } }) => config,
        onDone: [
          {
            guard: ifReading('stillHeldByUs'),
            target: 'writing',
            actions: withReading('noteReading'),
          },
          {
            guard: ifReading('releaseWasCommitted'),
            target: 'over',
            actions: [withReading('noteReading'), 'noteReleased'],
          },
          { target: 'over', actions: withReading('noteReading') },
        ],
        onError: { target: 'retrying', actions: noteFailure('read', 'release') },
      },
      after: {
        requestTimeout: { target: 'retrying', actions: noteTimeout('read', 'release') },
      },
    },
    writing: {
      description: 'Write an empty holder, on condition that nobody has written since we looked.',
      entry: 'prepareRelease',
      exit: 'forgetAnswer',
      invoke: {
        id: 'release',
        src: 'writeLock',
        input: ({ context }) => writeInput(context, context.observation?.snapshot),
        onDone: { target: 'over', actions: 'noteReleased' },
        onError: [
          {
            guard: ifError('isFirstConflict'),
            target: 'checking',
            actions: noteFailure('write', 'release'),
          },
          { target: 'retrying', actions: noteFailure('write', 'release') },
        ],
      },
      after: {
        requestTimeout: { target: 'retrying', actions: noteTimeout('write', 'release') },
      },
    },
    retrying: {
      description: 'Pause before the next try.',
      entry: 'drawJitter',
      after: { retryDelay: 'checking' },
    },
    over: {
      description: 'The lock is free, or was not ours to free.',
      type: 'final',
    },
  },
  onDone: [
    { guard: 'hasNotLed', target: '#backingOff', actions: 'forgetAttempt' },
    { guard: 'shallRejoin', target: '#rejoining' },
    { target: '#stopped' },
  ],
});
