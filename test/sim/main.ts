import { parseArgs } from 'node:util';
import { type Fact, describe } from './facts.js';
import { findSeededBug, type SearchOptions } from './seeded-bugs/find.js';
import { migrationBugs } from './migration/seeded-bugs.js';
import { SEEDED_BUGS, type SeededBug } from './seeded-bugs/index.js';
import { runSeed } from './run-seed.js';
import { print, summaryOf } from './summary.js';
import { runCampaign } from './workers.js';

const SHOWN_EVERY_MS = 60_000;

const USAGE = `Simulates elections from seeds, and judges them by the true timeline.

  --seed N          one seed, again and to the last digit; prints the timeline of a violation
    --log           and everything that happens

  --seeds A..B      those seeds
  --terms N         as many seeds as it takes to see so many terms
  --min-seeds N     and no fewer than so many
  --from N          the first seed (default 1)
  --workers N       in so many processes (default 1)

  --bug NAME      seeds that error and counts the seeds until it is found; "all" for all of them
  --max-seeds N     gives up on a bug after so many (default 300)
  --overlap N       and searches so many seeds for two leaders at a time

  --per-seed N      terms a seed; a quarter of it in slow ones (default 100)
  --beyond          lets clocks run further apart than lease and renew deadline allow
  --pods            with candidates in pods, most of which heed what kubelets say
  --untold          with applications that have no onStoppedLeading
  --migration       with fleets that move from a ConfigMap to a Lease by way of both, and back
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    terms: { type: 'string' },
    'min-seeds': { type: 'string', default: '0' },
    workers: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    'per-seed': { type: 'string', default: '100' },
    bug: { type: 'string' },
    overlap: { type: 'string', default: '0' },
    'max-seeds': { type: 'string', default: '300' },
    beyond: { type: 'boolean', default: false },
    untold: { type: 'boolean', default: false },
    migration: { type: 'boolean', default: false },
    pods: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
  },
});

const how = {
  terms: number('per-seed', values['per-seed']),
  beyondBound: values.beyond,
  untold: values.untold,
  migrates: values.migration,
  pods: values.pods,
};

if (values.bug !== undefined) await findSeededBugs(values.bug);
else if (values.seed !== undefined) await runOne(number('seed', values.seed));
else if (values.seeds !== undefined || values.terms !== undefined) await runMany();
else process.stdout.write(USAGE);

function number(option: string, text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${option} takes a whole number, not ${JSON.stringify(text)}`);
}

async function runOne(seed: number): Promise<void> {
  const log = (fact: Fact): void => {
    console.log(describe(fact));
  };
  const result = await runSeed({ ...how, seed, ...(values.log ? { onFact: log } : {}) });
  for (const { rule, what, timeline } of result.violations) {
    console.log(`seed ${seed} breaks ${rule}: ${what}\n${timeline.join('\n')}\n`);
  }
  const { slots, lockKind } = result.scenario;
  for (const { identity, library, timing, clockRate } of slots) {
    const { leaseSeconds, renewSeconds, retrySeconds } = timing;
    const timings = `${leaseSeconds}/${renewSeconds}/${retrySeconds}`;
    console.log(
      `${lockKind} ${identity}: ${library}, ${timings}, clock rate ${clockRate.toFixed(4)}`,
    );
  }
  console.log(print(summaryOf(result), result.cpuMs));
  console.log(`log hash: ${result.hash}`);
  if (result.violations.length > 0) process.exitCode = 1;
}

async function runMany(): Promise<void> {
  const [first = values.from, last = values.seeds] = values.seeds?.split('..') ?? [];
  const startedAt = performance.now();
  let shownAt = startedAt;
  let brokenShown = 0;
  const total = await runCampaign({
    firstSeed: number('seeds', first),
    lastSeed: last === undefined ? Infinity : number('seeds', last),
    // Without a number of terms, all of the seeds that are named.
    terms: values.terms === undefined ? Infinity : number('terms', values.terms),
    minSeeds: number('min-seeds', values['min-seeds']),
    workers: number('workers', values.workers),
    how,
    onProgress: ({ broken, seeds, terms }) => {
      for (const { seed, rule, what } of broken.slice(brokenShown)) {
        console.log(`seed ${seed} breaks ${rule}: ${what}`);
      }
      brokenShown = broken.length;
      if (performance.now() - shownAt < SHOWN_EVERY_MS) return;
      shownAt = performance.now();
      const minutes = ((shownAt - startedAt) / 60_000).toFixed(0);
      console.log(`${minutes} min: ${seeds} seeds, ${terms} terms, ${broken.length} violations`);
    },
  });
  console.log(print(total, performance.now() - startedAt));
  if (total.broken.length > 0) process.exitCode = 1;
}

async function findSeededBugs(name: string): Promise<void> {
  const all = values.migration ? migrationBugs : SEEDED_BUGS;
  const bugs = all.filter((bug) => name === 'all' || bug.name === name);
  if (bugs.length === 0) {
    console.log(`There is no ${name}. There are: ${all.map((bug) => bug.name).join(', ')}`);
    process.exitCode = 2;
  }
  for (const bug of bugs) {
    const maxSeeds = number('max-seeds', values['max-seeds']);
    const search = {
      firstSeed: number('from', values.from),
      termsPerSeed: how.terms,
      migrates: values.migration,
    };
    const first = await findSeededBug(bug, { ...search, maxSeeds });
    const tries = number('overlap', values.overlap);
    const led = tries === 0 ? '' : await findTwoLeaders(bug, { ...search, maxSeeds: tries });
    const found = (first.rule ?? 'NOT FOUND').padEnd(28);
    console.log(`${bug.name.padEnd(30)} ${found} ${String(first.seeds).padStart(4)} seeds${led}`);
    if (first.rule === null) process.exitCode = 1;
  }
}

async function findTwoLeaders(bug: SeededBug, search: SearchOptions): Promise<string> {
  const { rule, seeds } = await findSeededBug(bug, { ...search, rule: 'two-leaders' });
  return rule === null ? `, no two leaders in ${seeds}` : `, two leaders after ${seeds}`;
}
