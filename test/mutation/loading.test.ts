import { expect, it } from 'vitest';

/*
 * The chart is made where its module is loaded, so one that XState refuses breaks the loading of
 * every test file, which Stryker does not count as a failing test. Here it is one. It is loaded
 * outside of the test, so that this test is not thought to be the only one that uses it.
 */
const loaded = await import('../../machines/leader-election.js').then(
  ({ leaderElectionMachine }) => leaderElectionMachine.id,
  (error: unknown) => error,
);

it('the chart can be loaded', () => {
  expect(loaded).toBe('leaderElection');
});
