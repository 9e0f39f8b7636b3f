import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { regressions, type TestName } from './index.js';
import { ROOT } from './support/test-names.js';
import { SEPARATOR } from './table/regression.js';

/*
 * Seeds each bug of the table, and runs the tests that should notice:
 *
 *     npx tsx test/regressions/prove.ts [words]
 *
 * With words, only the bugs whose situation or mistake contains them. Exits with 1 if a bug goes
 * unnoticed by one of its tests.
 */

interface Result {
  readonly name: string;
  readonly failed: boolean;
}

/** Long for tests whose time is virtual; short for one that hangs because of the change. */
const TEST_TIMEOUT_MS = 20_000;
const RUN_TIMEOUT_MS = 300_000;

const directory = await mkdtemp(join(tmpdir(), 'regressions-'));
const report = join(directory, 'report.json');

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** A name as vitest prints it: placeholders filled in, titles joined in this way. */
function patternOf({ name }: TestName, separator: string): string {
  const titles = name.split(SEPARATOR).map((title) => escaped(title).replace(/%[a-z]/g, '.*'));
  return `^${titles.join(separator)}$`;
}

/** Runs tests with the bug of that situation seeded; null: with none. */
async function run(tests: readonly TestName[], situation: string | null): Promise<Result[]> {
  await rm(report, { force: true });
  await new Promise<void>((resolve) => {
    const files = [...new Set(tests.map(({ file }) => file))];
    const names = tests.map((test) => patternOf(test, ' ')).join('|');
    const config = 'test/regressions/prove.config.ts';
    const args = [
      ...['node_modules/vitest/vitest.mjs', 'run', '--config', config, ...files],
      ...['-t', names, '--testTimeout', String(TEST_TIMEOUT_MS)],
      ...['--reporter=json', `--outputFile=${report}`],
    ];
    const env = { ...process.env, ...(situation === null ? {} : { SEEDED_BUG: situation }) };
    const options = { cwd: ROOT, env, timeout: RUN_TIMEOUT_MS, maxBuffer: 2 ** 26 };
    // Failures are what this is about: the report says which, and a run without one is found below.
    execFile(process.execPath, args, options, () => {
      resolve();
    });
  });
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as {
    testResults: {
      assertionResults: { ancestorTitles: string[]; title: string; status: string }[];
    }[];
  };
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ ancestorTitles, title, status }) => ({
        name: [...ancestorTitles, title].join(SEPARATOR),
        failed: status === 'failed',
      })),
  );
}

/** Those of the tests that did not run, or of which no case has this outcome. */
function without(failed: boolean, tests: readonly TestName[], results: readonly Result[]) {
  return tests.filter((test) => {
    const pattern = new RegExp(patternOf(test, SEPARATOR));
    const own = results.filter(({ name }) => pattern.test(name));
    const seen = own.some((result) => result.failed);
    return own.length === 0 || seen !== failed;
  });
}

async function prove(words: string): Promise<number> {
  const chosen = regressions.filter(({ situation, bug }) =>
    `${situation} ${bug.mistake}`.includes(words),
  );
  const all = chosen.flatMap(({ tests }) => tests);
  const broken = without(false, all, await run(all, null));
  for (const { file, name } of broken) console.log(`fails without a bug: ${file}: ${name}`);
  let unnoticed = broken.length;
  for (const { situation, tests, bug } of chosen) {
    const blind = without(true, tests, await run(tests, situation));
    unnoticed += blind.length;
    console.log(`${blind.length === 0 ? 'noticed' : 'UNNOTICED'}: ${situation}`);
    console.log(`    ${bug.mistake}`);
    for (const { file, name } of blind) console.log(`    passes all the same: ${file}: ${name}`);
  }
  const bugs = new Set(chosen.map(({ bug }) => bug.mistake)).size;
  const counts = `${chosen.length} situations, ${bugs} seeded bugs, ${all.length} tests`;
  console.log(`${counts}; ${unnoticed} that failed to notice`);
  return unnoticed;
}

try {
  process.exitCode = (await prove(process.argv[2] ?? '')) === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true });
}
