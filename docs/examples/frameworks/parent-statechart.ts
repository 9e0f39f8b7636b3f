/**
 * A statechart of your own around the election. It is in `leading` for as long as its work runs, and
 * the lock is given back only when it has left that state.
 *
 *     npx tsx docs/examples/frameworks/parent-statechart.ts
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { assign, createActor, fromPromise, sendTo, setup, toPromise } from 'xstate';
import { LeaseLock, type Term } from 'k8s-leader-election';
import { leaderElectionMachine } from 'k8s-leader-election/machine';

interface Leadership {
  readonly term: Term;
  /** Tells the election that the work of this term has ended. */
  readonly ended: () => void;
}

const serviceMachine = setup({
  types: {
    context: {} as { readonly leadership: Leadership | null },
    events: {} as { readonly type: 'stop' } | ({ readonly type: 'lead' } & Leadership),
  },
  actors: {
    election: leaderElectionMachine,
    work: fromPromise<void, Term | undefined>(async ({ input: term }) => {
      while (term?.isLeading() === true) {
        // What only the leader may do goes here.
        await sleep(1_000, undefined, { signal: term.signal });
      }
    }),
  },
}).createMachine({
  id: 'service',
  context: { leadership: null },
  initial: 'joining',
  invoke: {
    id: 'election',
    src: 'election',
    input: ({ self }) => ({
      lock: new LeaseLock({ name: 'parent-statechart' }),
      onLost: 'rejoin',
      onStartedLeading: (term) =>
        new Promise<void>((ended) => self.send({ type: 'lead', term, ended })),
    }),
    onDone: '.over',
  },
  // The election drains, and the signal of the term is aborted; the work and its state end by that.
  on: { stop: { actions: sendTo('election', { type: 'stop' }) } },
  states: {
    joining: { entry: sendTo('election', { type: 'start' }), always: 'standby' },
    standby: {
      on: {
        lead: {
          target: 'leading',
          actions: assign({ leadership: ({ event: { term, ended } }) => ({ term, ended }) }),
        },
      },
    },
    leading: {
      entry: () => console.log('Leading'),
      invoke: {
        src: 'work',
        input: ({ context }) => context.leadership?.term,
        onDone: 'standby',
        // Whatever waits may reject when the signal is aborted.
        onError: 'standby',
      },
      exit: ({ context }) => context.leadership?.ended(),
    },
    over: { type: 'final' },
  },
});

const service = createActor(serviceMachine);
const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ state: service.getSnapshot().value }));
});
server.listen(Number(process.env['PORT'] ?? 8080));

process.once('SIGTERM', () => service.send({ type: 'stop' }));
await toPromise(service.start());
server.close();
