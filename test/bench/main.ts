import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CANDIDATE_RULES } from '../support/api-server-rbac.js';
import { startRealApiServer } from '../support/real-api-server.js';
import { readResults, writeResults } from './output/write.js';
import { type Results, type Scenarios, thisMachine, updated } from './results.js';
import { cold } from './scenarios/cold.js';
import { crash } from './scenarios/crash.js';
import { foreign } from './scenarios/foreign.js';
import { handover } from './scenarios/handover.js';
import { contention } from './scenarios/contention.js';
import { imports } from './scenarios/imports.js';
import { crowd, steady } from './scenarios/load.js';
import { thousand } from './scenarios/thousand.js';
import { weight } from './scenarios/weight.js';
import { Bench, LISTING_USER, NAMESPACE, TIMINGS } from './world/bench.js';
import { prepareLibraries } from './world/libraries.js';

// Measures this library beside client-go and the Python client, on one real API server:
//   npm run bench
//   npm run bench -- --only handover,crash --rounds 10 --quick
//   npm run bench -- --only weight,thousand --update
// A whole run writes docs/benchmarks.{md,json} and a plot; a part of one, or a quick one, writes
// the same files below node_modules/.cache. With --update a part of one takes the place of that part on
// the page in docs, which says when it was measured.

const SCENARIOS: Readonly<Record<keyof Scenarios, (bench: Bench) => Promise<unknown>>> = {
  import: imports,
  handover,
  crash,
  cold,
  foreign,
  steady,
  crowd,
  contention,
  thousand,
  weight,
};
type ScenarioName = keyof Scenarios;
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** A load of others above this makes figures larger than they are. */
const BUSY = 0.5;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
  },
});
const only = scenariosOf(values.only);
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
  throw new Error(`--rounds wants a whole number above 0, not ${values.rounds}`);
}
if (values.update && values.quick)
  throw new Error('--update wants figures to be quoted: no --quick');
if (values.update && only.length === NAMES.length) {
  throw new Error('--update is for a part of a run: name it by --only');
}
const isWhole = !values.quick && only.length === NAMES.length;
const out = isWhole || values.update ? 'docs' : 'node_modules/.cache/bench-results';
await mkdir(out, { recursive: true });
const before = values.update ? await readResults(out) : undefined;

const startedAt = new Date();
const machine = await thisMachine();
await using libraries = await prepareLibraries();
await using server = await startRealApiServer({ users: [LISTING_USER] });
await server.createNamespace(NAMESPACE);
const listing = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list'] };
await server.grant(LISTING_USER, NAMESPACE, [...CANDIDATE_RULES, listing]);
const bench = new Bench(server, libraries, {
  quick: values.quick,
  ...(rounds === undefined ? {} : { rounds }),
});

// Beside the parts of an update the page says so itself.
if (machine.loadBefore > BUSY && before === undefined) {
  bench.notes.push(`The machine was not idle: load ${machine.loadBefore} before the run.`);
}

const scenarios: Scenarios = {};
for (const name of only) await runScenario(name);
process.stderr.write(`The results are in ${out}.\n`);
process.exitCode = bench.failures > 0 ? 1 : 0;

async function runScenario(name: ScenarioName): Promise<void> {
  const from = performance.now();
  bench.log(`${name} begins`);
  const result = await bench.attempt(name, () => SCENARIOS[name](bench));
  if (result !== undefined) Object.assign(scenarios, { [name]: result });
  bench.log(`${name} took ${Math.round((performance.now() - from) / 1_000)} s`);
  // After each, so that a run that is interrupted leaves what it has found.
  await writeResults(out, before === undefined ? results() : updated(before, results()));
}

function results(): Results {
  const absent = NAMES.filter((name) => scenarios[name] === undefined);
  const notRun = `Not run: ${absent.join(', ')}.`;
  return {
    startedAt: startedAt.toISOString(),
    minutes: Math.round((Date.now() - startedAt.getTime()) / 6_000) / 10,
    quick: values.quick,
    machine,
    versions: libraries.versions,
    timings: TIMINGS,
    scenarios,
    notes: absent.length > 0 && before === undefined ? [...bench.notes, notRun] : bench.notes,
  };
}

function scenariosOf(text: string = NAMES.join()): ScenarioName[] {
  const names = text.split(',');
  const wrong = names.filter((name) => !NAMES.some((known) => known === name));
  if (wrong.length > 0)
    throw new Error(`--only knows ${NAMES.join(', ')}; not ${wrong.join(', ')}`);
  return NAMES.filter((name) => names.includes(name));
}
