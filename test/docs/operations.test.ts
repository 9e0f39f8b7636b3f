import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/resolve-config.js';
import { InMemoryLockStore } from '../../src/testing.js';
import { quoted, ROOT, table } from './support/markdown.js';
import { handOvers, type Rollout } from './support/rollouts.js';
import { renewalsAMinute, survives, type Timings } from './support/timings.js';

const PAGE = 'docs/operations.md';

/** Of the pauses between tries: always the shortest, the longest, and in between. */
const JITTERS = [0, 0.5, 0.9999].map((jitter) => () => jitter);

describe('the timings in docs/operations.md', () => {
  const rows = table(PAGE, 'timings').map(([name = '', timings = '', ...columns]) => {
    const [lease = 0, deadline = 0, retry = 0] = timings.split(', ').map(Number);
    const given: Timings = {
      leaseDurationSeconds: lease,
      renewDeadlineSeconds: deadline,
      retryPeriodSeconds: retry,
    };
    return { name, given, columns };
  });

  it.each(rows)('of $name can be given', ({ given }) => {
    const lock = new InMemoryLockStore().lock('a');
    expect(() => resolveConfig({ lock, onStartedLeading: null, ...given })).not.toThrow();
  });

  it('have the defaults as one of their rows', () => {
    const lock = new InMemoryLockStore().lock('a');
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = resolveConfig({
      lock,
      onStartedLeading: null,
    });
    expect(rows.find(({ name }) => name === 'Default')?.given).toEqual({
      leaseDurationSeconds: leaseDurationMs / 1000,
      renewDeadlineSeconds: renewDeadlineMs / 1000,
      retryPeriodSeconds: retryPeriodMs / 1000,
    });
  });

  it.each(rows)('of $name have the columns that follow from them', async ({ given, columns }) => {
    const [crash, refused, silent, renewals, windDown] = columns;
    const { leaseDurationSeconds: lease, renewDeadlineSeconds: deadline } = given;
    const { retryPeriodSeconds: retry } = given;
    expect(crash).toBe(`${lease - retry} to ${lease}`);
    expect(Number(refused)).toBe(deadline - 2 * retry);
    expect(Number(silent)).toBe(deadline / 2);
    expect(Number(windDown)).toBe(lease - deadline);
    expect(Number(renewals)).toBeCloseTo(await renewalsAMinute(given), 1);
  });

  it.each(rows)('of $name outlast the outages that they are said to, and no more', async (row) => {
    const [, refused = '', silent = ''] = row.columns;
    for (const random of JITTERS) {
      for (const [kind, seconds] of [
        ['refused', Number(refused)],
        ['silent', Number(silent)],
      ] as const) {
        expect(await survives(row.given, { kind, seconds }, random), kind).toBe(true);
        const deadline = row.given.renewDeadlineSeconds;
        expect(await survives(row.given, { kind, seconds: deadline }, random), kind).toBe(false);
      }
    }
  });
});

describe('the hand-overs of a rolling update in docs/operations.md', () => {
  const rollouts: readonly Rollout[] = [
    { replicas: 3, surge: 1 },
    { replicas: 3, surge: 3 },
    { replicas: 3, surge: 0 },
  ];

  it('are as many as chance makes of them', () => {
    const counted = rollouts.map(handOvers).map(({ best, average, worst }) => {
      return [String(best), average.toFixed(1), String(worst)];
    });
    expect(table(PAGE, 'rollout').map(([, ...numbers]) => numbers)).toEqual(counted);
  });
});

describe('the alerts in docs/operations.md', () => {
  it('are those of the file, in its order', () => {
    const file = readFileSync(join(ROOT, 'docs/prometheus/alerts.yaml'), 'utf8');
    const { groups } = loadYaml<{ groups: { rules: { alert: string }[] }[] }>(file);
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect(table(PAGE, 'alerts').flatMap(([name]) => quoted(name))).toEqual(alerts);
  });
});
