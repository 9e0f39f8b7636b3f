import { expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors/config-error.js';
import type { HealthOptions } from '../../../src/index.js';
import { record } from '../../support/controllable-lock.js';
import { Candidate, type Options } from './support/candidate.js';

const LEASE_MS = 15_000;
const GRACE_MS = 20_000;
const SILENCE_MS = 300_000;

interface Row {
  readonly options?: Options;
  readonly bounds?: HealthOptions;
  readonly happens: (c: Candidate) => unknown;
}

/** A leader whose event loop was stopped for so long. */
const stoppedFor = (ms: number) => async (c: Candidate) => {
  await c.leads();
  c.clock.freeze(ms);
};

/** A candidate that has heard nothing for so long. */
const silentFor = (ms: number) => async (c: Candidate) => {
  await c.waits();
  c.clock.freeze(ms);
};

const FINE: Record<string, Row> = {
  'that was not started': { happens: (c) => c.clock.freeze(10 * SILENCE_MS) },
  'that was stopped': {
    happens: async (c) => {
      await c.waits();
      await c.stop();
      c.clock.freeze(10 * SILENCE_MS);
    },
  },
  'of a leader that drains': {
    happens: async (c) => {
      await c.leads();
      await c.stop();
    },
  },
  'of a leader until the grace time after its lease is over': {
    happens: stoppedFor(LEASE_MS + GRACE_MS),
  },
  'of a leader whose work has ended after that': {
    options: { onLost: 'rejoin' },
    happens: async (c) => {
      await stoppedFor(LEASE_MS + GRACE_MS + 1)(c);
      await c.clock.advance(0);
      await c.finishWork();
    },
  },
  'of a leader without work whose term has been ended': {
    options: { onStartedLeading: null },
    happens: async (c) => {
      await stoppedFor(LEASE_MS + GRACE_MS + 1)(c);
      c.election.isLeader();
    },
  },
  'of a candidate until a silence is long': { happens: silentFor(SILENCE_MS) },
  'of a candidate whose machine slept': {
    happens: async (c) => {
      await c.waits();
      c.clock.suspend(10 * SILENCE_MS);
    },
  },
  'of a candidate that has been answered again': {
    happens: async (c) => {
      await c.waits();
      await c.clock.advance(2_000);
      c.clock.freeze(SILENCE_MS);
      await c.answer('get', c.lock.heldBy('other'));
    },
  },
  'of a candidate whose watch has told something': {
    options: { watched: true },
    happens: async (c) => {
      await silentFor(SILENCE_MS)(c);
      await c.lock.watching.changed(c.lock.snapshot(record({ leaderTransitions: 4 })));
      c.clock.freeze(SILENCE_MS);
    },
  },
};

const OVERRUN: Record<string, Row> = {
  'the moment after the grace time': { happens: stoppedFor(LEASE_MS + GRACE_MS + 1) },
  'after the machine slept for so long': {
    happens: async (c) => {
      await c.leads();
      c.clock.suspend(LEASE_MS + GRACE_MS + 1);
    },
  },
  'while the work of a lost term has not ended': {
    options: { onLost: 'rejoin' },
    happens: async (c) => {
      await stoppedFor(LEASE_MS + GRACE_MS + 1)(c);
      await c.clock.advance(0);
    },
  },
  'where a term without work has not been ended': {
    options: { onStartedLeading: null },
    happens: stoppedFor(LEASE_MS + GRACE_MS + 1),
  },
  'when a stop has not waited for the work any more': {
    options: { drainTimeoutSeconds: 1 },
    happens: async (c) => {
      await c.leads();
      await c.stop();
      await c.clock.advance(1_000 + LEASE_MS + GRACE_MS);
    },
  },
  'after another grace time': { bounds: { graceSeconds: 0 }, happens: stoppedFor(LEASE_MS + 1) },
};

const CUT_OFF: Record<string, Row> = {
  'the moment after the silence': { happens: silentFor(SILENCE_MS + 1) },
  'counted from the start where there never was an answer': {
    happens: async (c) => {
      c.clock.freeze(SILENCE_MS);
      await c.run();
      c.clock.freeze(SILENCE_MS + 1);
    },
  },
  'after another silence': { bounds: { silenceSeconds: 60 }, happens: silentFor(60_001) },
};

async function healthAfter({ options, bounds, happens }: Row) {
  const c = new Candidate(options);
  await happens(c);
  const waiting = c.lock.pending.length;
  const health = c.election.health(bounds);
  // It asks nobody.
  expect(c.lock.pending).toHaveLength(waiting);
  return health;
}

it.each(Object.entries(FINE))('the health of an election is fine, %s', async (_, row) => {
  expect(await healthAfter(row)).toMatchObject({ ok: true, reason: null });
});

it.each(Object.entries(OVERRUN))('the health of a leader is bad, %s', async (_, row) => {
  expect(await healthAfter(row)).toMatchObject({ ok: false, reason: 'overrun' });
});

it.each(Object.entries(CUT_OFF))('the health of a candidate is bad, %s', async (_, row) => {
  expect(await healthAfter(row)).toMatchObject({ ok: false, reason: 'cutOff' });
});

it.each<[Row, string]>([
  [FINE['that was stopped']!, 'All is well; state: stopped.'],
  [
    OVERRUN['the moment after the grace time']!,
    'The lease ran out 20 s ago, and the work of its term has not ended.',
  ],
  [
    CUT_OFF['the moment after the silence']!,
    'The API server has not told how the lock stands for 300 s.',
  ],
])('health is told in words (%#)', async (row, message) => {
  expect((await healthAfter(row)).message).toBe(message);
});

it('bounds of the health that cannot be are refused, with what is wrong', () => {
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
