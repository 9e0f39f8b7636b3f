import type { Run } from './run.js';
import { RUNS } from './runs.js';
import { findTlc, runTlc } from './tlc.js';
import { judge, type Verdict } from './verdict.js';

/*
 * Checks the formal model, one run of TLC after the other, and prints a table. Exits with 1 if one
 * of them did not come out as expected. `npx tsx test/spec/check.ts --help` tells how.
 */

const HELP = `Checks the formal model of the election with TLC.

  --short        the small runs (about a minute); the default
  --full         all runs (10 to 20 minutes)
  --only TEXT    the runs whose name contains TEXT, large ones too
  --trace        print the counterexamples, each state by what is different in it
`;

const args = process.argv.slice(2);
const onlyAt = args.indexOf('--only');
const only = onlyAt < 0 ? undefined : args.splice(onlyAt, 2)[1];
const unknown = args.find((arg) => !['--short', '--full', '--trace', '--help'].includes(arg));

if (args.includes('--help')) {
  console.log(HELP);
} else if (unknown !== undefined || (onlyAt >= 0 && only === undefined)) {
  console.error(HELP);
  process.exitCode = 2;
} else {
  // A signal ends nothing by itself where a child is to be ended too: the exit does that.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(130));
  const runs = RUNS.filter(isWanted);
  if (runs.length === 0) {
    console.error(`No run has "${only}" in its name.`);
    process.exitCode = 2;
  } else {
    await check(runs, args.includes('--trace'));
  }
}

function isWanted({ name, size }: Run): boolean {
  if (only !== undefined) return name.includes(only);
  return size === 'small' || args.includes('--full');
}

async function check(runs: readonly Run[], showTraces: boolean): Promise<void> {
  const tlc = await findTlc();
  const started = performance.now();
  console.log(line('', 'run', 'found', 'states', 'length', 'seconds'));
  let failures = 0;
  for (const run of runs) {
    const verdict = judge(run, await runTlc(tlc, run));
    if (!verdict.ok) failures += 1;
    console.log(row(run, verdict));
    if (showTraces || (!verdict.ok && verdict.trace.length > 0)) {
      console.log(`\n${verdict.trace.join('\n\n')}\n`);
    }
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${runs.length} runs in ${seconds} s, ${failures} not as expected`);
  if (failures > 0) process.exitCode = 1;
}

function row(run: Run, { ok, finding, distinctStates, length, seconds }: Verdict): string {
  const states = distinctStates?.toLocaleString('en') ?? '-';
  const name = run.kind === 'rules' ? run.name : `${run.kind}: ${run.name}`;
  return line(ok ? 'ok' : 'NO', name, finding, states, String(length ?? '-'), seconds.toFixed(1));
}

function line(ok: string, name: string, found: string, ...numbers: string[]): string {
  const columns = numbers.map((text) => text.padStart(9));
  return [ok.padEnd(2), name.padEnd(66), found.padEnd(38), ...columns].join(' ').trimEnd();
}
