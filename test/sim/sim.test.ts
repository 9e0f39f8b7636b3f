import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from './faults/kinds.js';
import { POD_FAULTS } from './pods/pod-troubles.js';
import { type RunOptions, runSeed } from './run-seed.js';
import { type Summary, addTo, emptySummary, print, summaryOf } from './summary.js';
import { runCampaign } from './workers.js';

/*
 * Simulated fleets with faults from a few hundred seeds, judged by a verifier that shares no code
 * with the election. The bugs that show here are those of timing and of interleaving: two leaders, a
 * steal, a lost release.
 */

async function runMain(...options: readonly string[]): Promise<string> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const args = ['--import', 'tsx', main, ...options];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

const TERMS = 16;

async function sumOf(
  seeds: number,
  how: Omit<RunOptions, 'seed' | 'terms'> = {},
): Promise<Summary> {
  const total = emptySummary();
  for (let seed = 1; seed <= seeds; seed++) {
    addTo(total, summaryOf(await runSeed({ seed, terms: TERMS, ...how })));
  }
  expect(total.broken).toEqual([]);
  return total;
}

describe('simulated elections', { timeout: 600_000 }, () => {
  it('keep every promise in 150 seeds with faults', async () => {
    const total = await sumOf(150);
    // Slow scenarios have a quarter of the terms; about a fifth of them are slow.
    expect(total.terms).toBeGreaterThanOrEqual((150 * TERMS) / 2);
    // A run in which nothing goes wrong, or no lease runs out, would show nothing.
    expect(Object.keys(total.faults)).toEqual(expect.arrayContaining([...FAULT_KINDS]));
    expect(total.takeovers['expiry']).toBeGreaterThan(100);
    expect(total.closestMargin?.aboveFloorMs).toBeGreaterThan(0);
  });

  it('keep them where the end of a term has to wait for nobody', async () => {
    const total = await sumOf(30, { untold: true });
    expect(total.takeovers['release']).toBeGreaterThan(50);
  });

  it('keep them while a fleet moves from one lock to another', async () => {
    const total = await sumOf(30, { migrates: true });
    for (const held of ['the ConfigMap', 'both', 'the Lease']) {
      expect(total.takeovers[`as holder of ${held}`]).toBeGreaterThan(30);
    }
  });

  it('keep them where candidates heed what kubelets say', async () => {
    const total = await sumOf(60, { pods: true });
    const second = 'a second process of a container begins';
    expect(Object.keys(total.faults)).toEqual(expect.arrayContaining([...POD_FAULTS, second]));
    // Without takeovers from the dead, it would show nothing.
    expect(total.takeovers['death']).toBeGreaterThan(4);
  });

  it('go the same way each time from the same seed, in another process too', async () => {
    const { hash } = await runSeed({ seed: 7, terms: 40 });
    await runSeed({ seed: 8, terms: 5 });
    expect((await runSeed({ seed: 7, terms: 40 })).hash).toBe(hash);
    expect((await runSeed({ seed: 9, terms: 40 })).hash).not.toBe(hash);
    expect(await runMain('--seed', '7', '--per-seed', '40')).toContain(`log hash: ${hash}`);
  });

  it('go on as they would if nobody asked who leads', async () => {
    // Terms without end: the run lasts until its first quiet time in both cases.
    const asked = await runSeed({ seed: 12, terms: 60 });
    const unasked = await runSeed({ seed: 12, terms: 60, askNobody: true });
    expect(unasked.hashOfEvents).toBe(asked.hashOfEvents);
  });
});

describe('a campaign', { timeout: 120_000 }, () => {
  const seeds = { firstSeed: 1, terms: Infinity, minSeeds: 0, workers: 1, how: { terms: 3 } };

  it('goes on until there are both terms and seeds enough', async () => {
    const total = await runCampaign({ ...seeds, lastSeed: 1000, terms: 10, minSeeds: 24 });
    expect(total.seeds).toBe(24);
    expect(total.terms).toBeGreaterThan(10);
  });

  it('comes to the same in one process and in several', async () => {
    const one = print(await runCampaign({ ...seeds, lastSeed: 20 }), 1);
    const several = await runMain('--seeds', '1..20', '--per-seed', '3', '--workers', '2');
    // The first line tells how long it took.
    expect(several.trimEnd().split('\n').slice(1)).toEqual(one.split('\n').slice(1));
    expect(one).toContain('20 seeds');
  });
});
