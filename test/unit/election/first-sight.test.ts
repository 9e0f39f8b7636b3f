import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaderElection } from '../../../src/election/leader-election.js';
import { LeaseLock } from '../../../src/lock/locks.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { record } from '../../support/controllable-lock.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';

let server: EmbeddedApiServer;
let aheadMs = 0;

beforeEach(async () => {
  aheadMs = 0;
  server = await startEmbeddedApiServer({ now: () => new Date(Date.now() + aheadMs) });
});

afterEach(async () => {
  await server.close();
});

function candidate(useServerClock: boolean): LeaderElection {
  const config = kubeConfig({ server: server.url });
  const lock = new LeaseLock({ name: 'job', namespace: 'default', kubeConfig: config });
  return new LeaderElection({ lock, useServerClock, logger: false, onStartedLeading: null });
}

/** A lease that somebody else holds, written so long ago. */
async function heldSince(ageMs: number): Promise<void> {
  const config = kubeConfig({ server: server.url });
  const lock = new LeaseLock({ name: 'job', namespace: 'default', kubeConfig: config });
  expect(await lock.create(record())).toMatchObject({ ok: true });
  aheadMs = ageMs;
}

/** What was sent since there was a lock, but for watches. */
function sent(): string[] {
  return server.requests
    .filter(({ method, query }) => method !== 'POST' && !query.includes('watch'))
    .map(({ method, query }) => (query === '' ? method : `${method} ${query}`));
}

describe('a candidate that finds a lease held', () => {
  it.each([
    [true, ['GET', 'PUT dryRun=All', 'GET', 'GET']],
    [false, ['GET', 'GET', 'GET']],
  ])(
    'asks once for its age, where useServerClock is %s, and not at each look',
    async (useServerClock, expected) => {
      await heldSince(5000);
      const election = candidate(useServerClock);
      const ended = election.run();
      const waits = () =>
        election.actor.getSnapshot().matches({ participating: { acquiring: 'waiting' } });
      for (let look = 1; look <= 2; look += 1) {
        await expect.poll(waits).toBe(true);
        election.actor.send({ type: 'wake' });
      }
      await expect.poll(sent).toEqual(expected);
      await election.stop();
      await ended;
    },
  );

  it('takes it at once after the age was told, by one more write', async () => {
    await heldSince(60_000);
    const election = candidate(true);
    const ended = election.run();
    await expect.poll(() => election.isLeader()).toBe(true);
    expect(sent().slice(0, 3)).toEqual(['GET', 'PUT dryRun=All', 'PUT']);
    await election.stop();
    await ended;
  });
});
