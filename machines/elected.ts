import { not } from 'xstate';
import { lease } from './lease.js';
import { deadlinePassed, endsBy, ifNews, noteNews } from './phrases.js';
import { electionSetup } from './setup.js';
import { termOf } from './updates.js';
import { work } from './work.js';

/**
 * The holder of the lease. Three things go on side by side for as long as it is ours: the deadline
 * is kept, the lease is renewed, and the work is done.
 */
export const elected = electionSetup.createStateConfig({
  id: 'elected',
  description: 'We hold the lease, until the renew deadline counted from its last renewal.',
  tags: 'leader',
  type: 'parallel',
  entry: ['beginTerm', 'announceStart'],
  invoke: {
    id: 'tenure',
    src: 'tenure',
    input: ({ context }) => ({ term: termOf(context) }),
  },
  on: {
    lockChanged: {
      guard: ifNews('takenByAnother'),
      target: '#lost',
      actions: [endsBy('superseded'), noteNews],
    },
    stop: { actions: 'requestStop' },
  },
  states: {
    /*
     * The first of the regions, because it is the first that is asked about any event: once the
     * deadline has passed by the clock, the others do not handle it any more.
     */
    deadline: {
      description: 'Before anything else is done about an event: has the renew deadline passed?',
      initial: 'counting',
      states: {
        counting: {
          description: 'Counts down to the renew deadline; after renewals, to the next one.',
          on: {
            // What has come in is handled even so, in the state that comes next: a stop, for one.
            '*': { guard: 'leaseLapsed', target: '#lost', actions: [deadlinePassed, 'passOn'] },
          },
          after: {
            // Once there was no renewal, the end of the countdown is an event as any other, for `*`.
            renewDeadline: { guard: not('leaseLapsed'), target: 'counting', reenter: true },
          },
        },
      },
    },
    lease,
    work,
  },
});
