import { describe, expect, it } from 'vitest';
import { chartMutants, nameOf } from './chart-mutants.js';
import { explanationOf } from './equivalents.js';
import { failing, judge, type Verdict } from './kill.js';

/** One in so many mistakes is tried here; `npx tsx test/mutation/main.ts` tries all of them. */
const STRIDE = 20;

describe('the mistakes that are tried on the chart', () => {
  it('are about three thousand, each with a name of its own', () => {
    const names = chartMutants().map(nameOf);
    expect(names.length).toBeGreaterThan(2_900);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('are noticed by tests that the chart itself passes', async () => {
    expect(await failing()).toEqual([]);
  }, 60_000);

  it('are noticed, each in a sample of them, or explained', async () => {
    const sample = chartMutants().filter((_, index) => index % STRIDE === 0);
    const verdicts: Verdict[] = [];
    for (const mutant of sample) verdicts.push(await judge(mutant));
    const unnoticed = verdicts.filter(({ fate }) => fate === 'survived');
    expect(unnoticed.filter(({ name }) => explanationOf(name) === undefined)).toEqual([]);
    // The tests kill; the explanations do not do it for them.
    const killed = verdicts.filter(({ fate }) => fate === 'killed');
    expect(killed.length).toBeGreaterThanOrEqual(0.9 * verdicts.length);
  }, 120_000);
});
