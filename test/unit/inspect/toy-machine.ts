import { fromPromise, setup } from 'xstate';

/** A chart with one of everything that can be drawn. */
export const toyMachine = setup({
  types: { events: {} as { type: 'go' } | { type: 'log' } },
  actors: { fetch: fromPromise(() => Promise.resolve()) },
  guards: { isReady: () => true, isLate: (_, __: number) => false },
  delays: { patience: 100 },
  actions: { note: () => undefined },
}).createMachine({
  id: 'toy',
  initial: 'off',
  states: {
    off: { description: 'Waits.', on: { go: [{ guard: 'isReady', target: 'on' }] } },
    on: {
      tags: 'busy',
      initial: 'asking',
      on: { log: { actions: 'note' } },
      onDone: 'done',
      states: {
        asking: {
          invoke: { id: 'ask', src: 'fetch', onDone: 'checking', onError: '#toy.off' },
          after: {
            patience: { guard: { type: 'isLate', params: 1 }, target: 'asking', reenter: true },
          },
        },
        checking: { always: [{ guard: 'isReady', target: 'ok' }, { target: 'asking' }] },
        ok: { type: 'final' },
      },
    },
    done: { type: 'final' },
  },
});
