import { type Regression, tests } from './regression.js';

/* How long a leader leads, and what it makes of the answers to its renewals. */
export const keeping: readonly Regression[] = [
  {
    situation: 'our own record in the lock is forgotten when many renewals fail in a row',
    seenIn: 'this library',
    tests: tests(
      'test/unit/election/one-sided.test.ts',
      'with a lease of %i s, a deadline of %i s and retries of %i s > while %s the lock stays ours',
      'with a lease of %i s, a deadline of %i s and retries of %i s > stopped while %s it releases once that is over',
    ),
    change: {
      mistake: 'the last eight writes are remembered',
      file: 'machines/updates.ts',
      find: '[...rememberedWrites(context, base), attempt]',
      replace: '[...rememberedWrites(context, base), attempt].slice(-8)',
    },
  },
  {
    situation: "a policy rewrites the record, and our own write is taken for another's",
    seenIn: 'kyverno #4037',
    tests: tests(
      'test/unit/election/odd-locks.test.ts',
      'a store that alters records (watched: %s) > and %s: leads, goes on, releases, says so once',
    ),
    change: {
      mistake: 'a record is ours as it was sent, not as it is stored',
      file: 'machines/commits.ts',
      find: 'const record = snapshot.record ?? write.record;',
      replace: 'const { record } = write;',
    },
  },
  {
    situation: 'a leader learns that another holds the lock, and goes on until its deadline',
    seenIn: 'client-go',
    tests: tests(
      'test/unit/election/renewal.test.ts',
      'a renewal that meets a conflict > ends the term at once when another holds the lock',
    ),
    change: {
      mistake: "a record that we did not write is nobody's",
      file: 'machines/guards.ts',
      find: 'return snapshot.record === null || !isOwnRecord(context, snapshot.record);',
      replace: 'return false;',
    },
  },
  {
    situation: 'the deadline counts from the answer to a renewal, not from its sending',
    seenIn: 'client-go',
    tests: [
      ...tests(
        'test/unit/election/deadline.test.ts',
        'a leader whose renewals go unanswered > counts from the sending of a renewal that was answered late, too',
      ),
      ...tests(
        'test/unit/election/rivals.test.ts',
        'candidates for one lock > see a leader stop in time whose last renewal was answered late',
      ),
    ],
    change: {
      mistake: 'a lease is valid from its confirmation',
      file: 'machines/commits.ts',
      find: '      ? write.sentAt\n',
      replace: '      ? now\n',
    },
  },
  {
    situation: 'the deadline begins anew with every round of renewals',
    seenIn: 'client-go, Python',
    tests: tests(
      'test/unit/election/deadline.test.ts',
      'a leader whose renewals go unanswered > is not helped by requests that hang',
    ),
    change: {
      mistake: 'entering a state starts the deadline again',
      file: 'machines/delays.ts',
      find: 'remaining(context, lease.validFrom, config.renewDeadlineMs)',
      replace: 'config.renewDeadlineMs',
    },
  },
  {
    situation: 'a release is tried before the work hears of the loss, and delays that',
    seenIn: 'client-go',
    tests: [
      ...tests(
        'test/unit/election/deadline.test.ts',
        'a leader whose renewals go unanswered > tells the work before anything else, and asks the network nothing',
      ),
      ...tests(
        'test/unit/election/release.test.ts',
        'a release > is not tried after a loss: whose lock it is then is not for us to say',
      ),
    ],
    change: {
      mistake: 'the deadline leads to a release',
      file: 'machines/elected.ts',
      find: `{ guard: 'leaseLapsed', target: '#lost', actions: deadlinePassed },
          { target: 'renewing', reenter: true },
        ],
      },
      onDone: 'leading',`,
      replace: `{ guard: 'leaseLapsed', target: '#releasing', actions: deadlinePassed },
          { target: 'renewing', reenter: true },
        ],
      },
      onDone: 'leading',`,
    },
  },
  {
    situation: 'a network error, or an answer that is no JSON, escapes the loop and ends run()',
    seenIn: 'kubernetes_asyncio, Python',
    tests: tests(
      'test/regressions/on-the-wire.test.ts',
      'a server that cannot be reached any more > ends the term of its leader at the deadline, with the stop callback, and not run()',
      'an answer that is no JSON > to every request ends the term at the deadline, with the stop callback',
    ),
    change: {
      mistake: 'a read that fails during a renewal is not caught',
      file: 'machines/renewal.ts',
      find: "onError: { target: 'retrying', actions: noteFailure('read', 'renew') },",
      replace: '',
    },
  },
  {
    situation: 'a single answer of 500 ends the term',
    seenIn: '@codedependant/kubernetes-leader-election',
    tests: [
      ...tests(
        'test/unit/election/renewal.test.ts',
        'a renewal that fails > is retried soon after one answer of 500, and the term goes on',
      ),
      ...tests(
        'test/regressions/on-the-wire.test.ts',
        'an answer that is no JSON > with status %d, once, does not disturb the term of a leader',
      ),
    ],
    change: {
      mistake: 'a renewal that fails is a loss',
      file: 'machines/renewal.ts',
      find: "{ target: 'retrying', actions: noteFailure('write', 'renew') },",
      replace: "{ target: '#lost', actions: noteFailure('write', 'renew') },",
    },
  },
  {
    situation: 'renewals wait for events of a watch, which has gone silent',
    seenIn: '@codedependant/kubernetes-leader-election',
    tests: [
      ...tests(
        'test/unit/election/renewal.test.ts',
        'a leader that renews > writes without reading first, a retry period after each success',
      ),
      ...tests(
        'test/regressions/wakes.test.ts',
        'a wake-up that comes for nothing > neither hastens nor delays the renewals of a leader',
      ),
    ],
    change: {
      mistake: 'the retry period starts no renewal',
      file: 'machines/elected.ts',
      find: `          { target: 'renewing' },
        ],
      },
    },`,
      replace: `          { actions: [] },
        ],
      },
    },`,
    },
  },
  {
    situation: 'a renewal that hung is stored after the deadline, and others take over at once',
    seenIn: 'the client for C#',
    tests: tests(
      'test/regressions/late-writes.test.ts',
      'a renewal that is stored after its sender has lost its leadership > makes the others wait for another lease, and nobody leader',
    ),
    change: {
      mistake: 'a follower counts from its first sight of the holder, not of the record',
      file: 'src/lock/decide.ts',
      find: 'before.snapshot?.fingerprint === snapshot?.fingerprint',
      replace: 'before.snapshot?.record?.holderIdentity === snapshot?.record?.holderIdentity',
    },
  },
  {
    situation: 'a renewal that hung is stored over the record of the next leader',
    seenIn: 'the client for C#',
    tests: tests(
      'test/regressions/late-writes.test.ts',
      'a renewal that is stored after its sender has lost its leadership > is refused when another has taken the lock meanwhile',
    ),
    change: {
      mistake: 'writes are not conditional',
      file: 'src/testing/in-memory-lock.ts',
      find: "if (snapshot.version !== base.version) return failed('conflict', 'the object has changed');",
      replace: '',
    },
  },
  {
    situation: 'a renewal that hung begins the next term without another write',
    seenIn: 'the client for C#',
    tests: tests(
      'test/regressions/late-writes.test.ts',
      'a renewal that is stored after its sender has lost its leadership > is not what the next term of its sender begins with: that is a write of its own',
    ),
    change: {
      mistake: 'a candidate that finds its own record leads',
      file: 'machines/acquiring.ts',
      find: "onDone: { target: 'deciding', actions: withReading('noteReading') },",
      replace: `onDone: [
          {
            guard: ifReading('stillHeldByUs'),
            target: '#elected',
            actions: withReading('noteFoundCommitted'),
          },
          { target: 'deciding', actions: withReading('noteReading') },
        ],`,
    },
  },
];
