import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEADER_ANNOTATION } from '../../src/lock/annotation-format.js';
import { OnServer } from './support/on-server.js';

/* Holders that are clients of other libraries, by the records that those write. */
let on: OnServer;

beforeEach(async () => {
  on = await OnServer.start();
});

afterEach(async () => {
  await on[Symbol.asyncDispose]();
});

const HOUR_MS = 3_600_000;

/** `2026-01-01T00:00:00.123456Z`, as many hours away from UTC as the holder's clock shows. */
const micro = (ms: number, offsetHours = 0): string =>
  new Date(ms + offsetHours * HOUR_MS).toISOString().replace('Z', '456Z');

/** As Python's `str(datetime)` prints it: no zone, and no fraction where that is zero. */
const pythonTime = (ms: number): string => {
  const text = new Date(ms - 5 * HOUR_MS).toISOString().replace('T', ' ').replace('Z', '000');
  return text.replace('.000000', '');
};

interface Style {
  readonly kind: 'Lease' | 'ConfigMap';
  /** The record of a holder that took the lock and renewed it at these times. */
  readonly record: (acquiredMs: number, renewedMs: number) => Record<string, unknown>;
}

const holderIdentity = 'theirs';
const leaseDurationSeconds = 15;

const styles: Record<string, Style> = {
  'the client for Python': {
    kind: 'ConfigMap',
    record: (acquired, renewed) => ({
      holderIdentity,
      leaseDurationSeconds: '15',
      acquireTime: pythonTime(acquired),
      renewTime: pythonTime(renewed),
    }),
  },
  'kubernetes_asyncio, in New York': {
    kind: 'Lease',
    record: (acquired, renewed) => ({
      holderIdentity,
      leaseDurationSeconds,
      acquireTime: micro(acquired, -5),
      renewTime: micro(renewed, -5),
    }),
  },
  'kubernetes_asyncio, in Tokyo': {
    kind: 'Lease',
    record: (acquired, renewed) => ({
      holderIdentity,
      leaseDurationSeconds,
      acquireTime: micro(acquired, 9),
      renewTime: micro(renewed, 9),
    }),
  },
  'a client that writes no acquire time': {
    kind: 'Lease',
    record: (_, renewed) => ({ holderIdentity, leaseDurationSeconds, renewTime: micro(renewed) }),
  },
  'fabric8, on a ConfigMap': {
    kind: 'ConfigMap',
    record: (acquired, renewed) => ({
      holderIdentity,
      leaseDuration: 'PT15S',
      acquireTime: micro(acquired),
      renewTime: micro(renewed),
      leaderTransitions: 4,
    }),
  },
  'fabric8, on a Lease': {
    kind: 'Lease',
    record: (acquired, renewed) => ({
      holderIdentity,
      leaseDurationSeconds,
      acquireTime: micro(acquired),
      renewTime: micro(renewed),
      leaseTransitions: 4,
    }),
  },
  'client-go, on a ConfigMap': {
    kind: 'ConfigMap',
    record: (acquired, renewed) => ({
      holderIdentity,
      leaseDurationSeconds,
      acquireTime: `${new Date(acquired).toISOString().slice(0, 19)}Z`,
      renewTime: `${new Date(renewed).toISOString().slice(0, 19)}Z`,
      leaderTransitions: 4,
    }),
  },
};

function put(kind: Style['kind'], record: Record<string, unknown>): void {
  if (kind === 'Lease') on.putLease(record);
  else {
    const annotations = { [LEADER_ANNOTATION]: JSON.stringify(record) };
    on.server.store.put({ kind, metadata: { name: 'job', annotations } });
  }
}

function stored(kind: Style['kind']): Record<string, unknown> {
  if (kind === 'Lease') return on.spec;
  const configMap = on.server.store.get({ resource: 'configmaps', name: 'job' });
  return JSON.parse(configMap?.metadata.annotations?.[LEADER_ANNOTATION] ?? '{}') as Record<
    string,
    unknown
  >;
}

const wallMs = (): number => on.clock.now().wallMs;

describe('a lock that is held by a client of another library', () => {
  it.each(Object.entries(styles))(
    'and renewed is left to it, and taken a lease after its end: %s',
    async (_, { kind, record }) => {
      const acquired = wallMs();
      put(kind, record(acquired, acquired));
      const ours = on.join('ours', {}, kind);
      for (let renewals = 0; renewals < 20; renewals += 1) {
        // With and without a fraction of a second in the time that it writes.
        await on.pass(renewals % 2 === 0 ? 1_750 : 2_250, 500);
        put(kind, record(acquired, wallMs()));
        expect(ours.terms).toEqual([]);
      }
      expect(on.nowMs).toBe(40_000);
      await on.pass(14_950);
      expect(ours.terms).toEqual([]);
      await on.pass(2_050);
      expect(on.leaders()).toEqual(['ours']);
      expect(ours.lock.calls.filter((verb) => verb === 'update').length).toBeLessThanOrEqual(2);
    },
  );

  it.each(Object.entries(styles))(
    'and taken over gets a record that this library can read: %s',
    async (_, { kind, record }) => {
      const before = record(wallMs(), wallMs());
      put(kind, before);
      on.join('ours', {}, kind);
      await on.pass(15_050, 500);
      expect(on.leaders()).toEqual(['ours']);
      const ours = stored(kind);
      expect(ours).toMatchObject({ holderIdentity: 'ours', leaseDurationSeconds: 15 });
      const transitions = kind === 'Lease' ? 'leaseTransitions' : 'leaderTransitions';
      expect(ours[transitions]).toBe(Number(before[transitions] ?? 0) + 1);
      // RFC 3339 in UTC, by our clock: a reader that does compare it with its own is not misled.
      const renewed = ours['renewTime'] as string;
      expect(renewed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(Math.abs(Date.parse(renewed) - wallMs())).toBeLessThan(1_000);
      expect(ours['leaseDuration']).toBe('leaseDuration' in before ? 'PT15S' : undefined);
    },
  );

  it('and released by a duration of one second, its holder left in place, is taken then', async () => {
    const { record } = styles['fabric8, on a Lease']!;
    put('Lease', record(wallMs(), wallMs()));
    const ours = on.join('ours');
    await on.pass(4_500);
    put('Lease', { ...record(wallMs(), wallMs()), leaseDurationSeconds: 1 });
    await on.pass(1_000);
    expect(ours.terms).toEqual([]);
    await on.pass(2_050);
    expect(on.leaders()).toEqual(['ours']);
  });
});

describe('a record whose duration says nothing', () => {
  it.each([
    ['Lease', 'misspelt', { holderIdentity, leaseDurationSecond: 2 }],
    ['ConfigMap', 'misspelt', { holderIdentity, leaseDurationSecond: 2 }],
    ['ConfigMap', 'zero', { holderIdentity, leaseDurationSeconds: 0 }],
    ['ConfigMap', 'zero as text', { holderIdentity, leaseDurationSeconds: '0' }],
    ['ConfigMap', 'zero as an ISO 8601 duration', { holderIdentity, leaseDuration: 'PT0S' }],
    ['ConfigMap', 'below zero', { holderIdentity, leaseDurationSeconds: -15 }],
    ['ConfigMap', 'a word', { holderIdentity, leaseDurationSeconds: 'long' }],
  ] as const)('in a %s, because it is %s, is held for our own', async (kind, _, record) => {
    put(kind, record);
    const ours = on.join('ours', { leaseDurationSeconds: 20 }, kind);
    await on.pass(19_950, 500);
    expect(ours.terms).toEqual([]);
    await on.pass(100);
    expect(on.leaders()).toEqual(['ours']);
  });
});
