/**
 * The shortest way into each state of the chart, found without running anything: a start for test
 * models of your own.
 *
 *     npx tsx docs/examples/test-model.ts
 */
import type { AnyEventObject } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { LeaseLock } from 'k8s-leader-election';
import { type ElectionEvent, leaderElectionMachine } from 'k8s-leader-election/machine';

/** A lease as the API server would answer our first write. */
const written = {
  ok: true,
  record: null,
  unreadable: null,
  fingerprint: '',
  version: '7',
  object: null,
};

// What may happen, the answers of invoked actors and the end of delays included.
const events: AnyEventObject[] = [
  { type: 'start' },
  { type: 'stop' },
  { type: 'xstate.done.actor.readLock', output: { snapshot: null, sentAtMs: 0, receivedAtMs: 0 } },
  { type: 'xstate.error.actor.readLock', error: new Error('unreachable') },
  { type: 'xstate.done.actor.claim', output: written },
  { type: 'xstate.after.retryPeriod.leaderElection.participating.elected.lease.leading' },
  { type: 'xstate.done.actor.workSettled', output: {} },
  { type: 'xstate.done.actor.onStoppedLeading' },
];

const paths = getShortestPaths(leaderElectionMachine, {
  input: {
    lock: new LeaseLock({ name: 'modelled', namespace: 'default', identity: 'a' }),
    onStartedLeading: null,
    // A clock that stands still, and no chance: the same ways at every run.
    clock: {
      now: () => ({ monotonicMs: 0, wallMs: 0 }),
      setTimeout: () => 0,
      clearTimeout: () => undefined,
    },
    random: () => 0,
  },
  events: events as ElectionEvent[],
  filterEvents: (state, event) => state.can(event),
  serializeState: (state) => JSON.stringify(state.value),
});

for (const { state, steps } of paths) {
  console.log(`${JSON.stringify(state.value)}: ${steps.map(({ event }) => event.type).join(', ')}`);
}
