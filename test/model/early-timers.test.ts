import { expect, it } from 'vitest';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { record } from '../support/controllable-lock.js';
import { Candidate } from './support/candidate.js';

/*
 * Timers that fire a millisecond early, as a real clock's can: nothing happens before its time,
 * and nobody spins while it waits for the rest.
 */
function early(options = {}): Candidate {
  const c = new Candidate(makeLeaderElectionMachine(), options);
  c.clock.earlyMs = 1;
  return c;
}

it('a candidate does not take the lock early', async () => {
  const c = early();
  await c.send({ type: 'start' });
  const held = record({ leaseDurationSeconds: 15 });
  while (c.lock.pending[0]?.verb !== 'update') {
    if (c.lock.pending.length > 0) await c.answer('get', c.lock.ok(held));
    else await c.clock.advance(1);
  }
  expect(c.clock.now().monotonicMs).toBe(15_000);
  expect(c.clock.timersSet).toBeLessThan(60);
});

it('a record that names a lease of a year is waited for without a timer of that length', async () => {
  const c = early();
  await c.send({ type: 'start' });
  const year = 365 * 24 * 3_600;
  await c.answer('get', c.lock.ok(record({ leaseDurationSeconds: year })));
  await c.clock.advance(1_999);
  await c.lock.expectCall('get');
  expect(c.clock.timersSet).toBeLessThan(10);
});
