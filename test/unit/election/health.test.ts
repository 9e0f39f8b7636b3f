import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors/config-error.js';
import { settle } from '../../../src/testing/virtual-clock.js';
import { record } from '../../support/controllable-lock.js';
import { Candidate } from './support/candidate.js';

const FINE = { ok: true, reason: null };
const LEASE_MS = 15_000;
const GRACE_MS = 20_000;
const SILENCE_MS = 300_000;

describe('the health of an election', () => {
  it('is fine before it is started, and of no further interest after it was stopped', async () => {
    const candidate = new Candidate();
    candidate.clock.freeze(10 * SILENCE_MS);
    expect(candidate.election.health()).toMatchObject(FINE);

    await candidate.waits();
    await candidate.stop();
    candidate.clock.freeze(10 * SILENCE_MS);

    expect(candidate.election.state).toBe('stopped');
    expect(candidate.election.health()).toEqual({
      ...FINE,
      message: 'All is well; state: stopped.',
    });
  });

  it('is fine for a leader that renews, and while it drains', async () => {
    const candidate = new Candidate();
    await candidate.renews();
    await candidate.lock.commit();
    expect(candidate.election.health()).toMatchObject(FINE);

    await candidate.stop();

    expect(candidate.election.state).toBe('draining');
    expect(candidate.election.health()).toMatchObject(FINE);
  });

  describe('of a leader whose event loop was stopped past its lease', () => {
    it('is bad once the grace time has passed as well, before a timer has fired', async () => {
      const candidate = new Candidate();
      await candidate.leads();

      candidate.clock.freeze(LEASE_MS + GRACE_MS);
      expect(candidate.election.health()).toMatchObject(FINE);
      candidate.clock.freeze(1);

      expect(candidate.election.health()).toEqual({
        ok: false,
        reason: 'overrun',
        message: 'The lease ran out 20 s ago, and the work of its term has not ended.',
      });
    });

    it('counts by the wall clock, too: the machine may have slept', async () => {
      const candidate = new Candidate();
      await candidate.leads();

      candidate.clock.suspend(LEASE_MS + GRACE_MS + 1);

      expect(candidate.election.health()).toMatchObject({ ok: false, reason: 'overrun' });
    });

    it('stays bad while its work does not end, and is fine again when it has', async () => {
      const candidate = new Candidate({ onLost: 'rejoin' });
      await candidate.leads();
      candidate.clock.freeze(LEASE_MS + GRACE_MS + 1);
      await candidate.clock.advance(0);

      expect(candidate.election.state).toBe('lost');
      expect(candidate.election.health()).toMatchObject({ ok: false, reason: 'overrun' });

      await candidate.finishWork();
      expect(candidate.election.health()).toMatchObject(FINE);
    });

    it('is bad without work as well, until the term has been ended', async () => {
      const candidate = new Candidate({ onStartedLeading: null });
      await candidate.leads();
      candidate.clock.freeze(LEASE_MS + GRACE_MS + 1);

      expect(candidate.election.health()).toMatchObject({ ok: false, reason: 'overrun' });
      expect(candidate.election.isLeader()).toBe(false);
      expect(candidate.election.health()).toMatchObject(FINE);
    });
  });

  it('is bad when work was left behind by a stop that did not wait for it any more', async () => {
    const candidate = new Candidate({ drainTimeoutSeconds: 1 });
    await candidate.leads();
    await candidate.stop();
    await candidate.clock.advance(1_000);
    expect(candidate.outcome).toMatchObject({ reason: 'drainTimeout', workFinished: false });

    await candidate.clock.advance(LEASE_MS);
    expect(candidate.election.health()).toMatchObject(FINE);
    await candidate.clock.advance(GRACE_MS);

    expect(candidate.election.health()).toMatchObject({ ok: false, reason: 'overrun' });
  });

  describe('of a candidate that hears nothing from the API server', () => {
    it('is bad after a while, counted from its start when there never was an answer', async () => {
      const candidate = new Candidate();
      candidate.clock.freeze(SILENCE_MS);
      await candidate.run();

      candidate.clock.freeze(SILENCE_MS);
      expect(candidate.election.health()).toMatchObject(FINE);
      candidate.clock.freeze(1);

      expect(candidate.election.health()).toEqual({
        ok: false,
        reason: 'cutOff',
        message: 'The API server has not told how the lock stands for 300 s.',
      });
    });

    it('counts from the last answer, and is fine again with the next one', async () => {
      const candidate = new Candidate();
      await candidate.waits();
      await candidate.clock.advance(2_000);
      candidate.clock.freeze(SILENCE_MS - 2_000);
      expect(candidate.election.health()).toMatchObject(FINE);
      candidate.clock.freeze(1);
      expect(candidate.election.health()).toMatchObject({ ok: false, reason: 'cutOff' });

      await candidate.answer('get', candidate.lock.heldBy('other'));

      expect(candidate.election.health()).toMatchObject(FINE);
    });

    it('counts what a watch tells as an answer', async () => {
      const candidate = new Candidate({ watched: true });
      await candidate.waits();
      candidate.clock.freeze(SILENCE_MS);
      await candidate.lock.watching.changed(
        candidate.lock.snapshot(record({ leaderTransitions: 4 })),
      );
      candidate.clock.freeze(SILENCE_MS);

      expect(candidate.election.health()).toMatchObject(FINE);
    });

    it('is no affair of a machine that slept', async () => {
      const candidate = new Candidate();
      await candidate.waits();

      candidate.clock.suspend(10 * SILENCE_MS);

      expect(candidate.election.health()).toMatchObject(FINE);
    });
  });

  it('takes other bounds', async () => {
    const candidate = new Candidate();
    await candidate.leads();
    candidate.clock.freeze(LEASE_MS + 1);
    expect(candidate.election.health({ graceSeconds: 0 })).toMatchObject({ reason: 'overrun' });

    const other = new Candidate();
    await other.waits();
    other.clock.freeze(60_001);
    expect(other.election.health({ silenceSeconds: 60 })).toMatchObject({ reason: 'cutOff' });
  });

  it('says what is wrong with bounds that cannot be', () => {
    const { election } = new Candidate();
    const bad = { graceSeconds: -1, silenceSeconds: '60', grace: 3 };

    let error: unknown;
    try {
      election.health(bad as never);
    } catch (thrown) {
      error = thrown;
    }

    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.map(({ field, rule }) => `${field} ${rule}`)).toEqual([
      'grace is not an option: did you mean graceSeconds?',
      'graceSeconds must be at least 0',
      'silenceSeconds must be a number',
    ]);
  });

  it('asks nobody', async () => {
    const candidate = new Candidate();
    await candidate.waits();
    candidate.clock.freeze(SILENCE_MS + 1);
    candidate.election.health();
    await settle();

    await candidate.lock.expectIdle();
  });
});
