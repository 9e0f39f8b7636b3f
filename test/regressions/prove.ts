import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { regressions, type TestName } from './index.js';
import { ROOT, SEPARATOR } from './support/test-names.js';

/*
 * Makes each change of the table in a copy of the project, and runs the tests that should notice:
 *
 *     npx tsx test/regressions/prove.ts [words]
 *
 * With words, only the regressions whose situation or mistake contains them. Exits with 1 if a
 * change goes unnoticed by one of its tests.
 */

interface Result {
  readonly name: string;
  readonly failed: boolean;
}

/** Long for tests whose time is virtual; short for one that hangs because of the change. */
const TEST_TIMEOUT_MS = 20_000;
const RUN_TIMEOUT_MS = 300_000;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** A name as vitest prints it: placeholders filled in, titles joined in this way. */
function patternOf({ name }: TestName, separator: string): string {
  const titles = name.split(SEPARATOR).map((title) => escaped(title).replace(/%[a-z]/g, '.*'));
  return `^${titles.join(separator)}$`;
}

async function run(directory: string, tests: readonly TestName[]): Promise<Result[]> {
  const report = join(directory, 'report.json');
  await rm(report, { force: true });
  await new Promise<void>((resolve) => {
    const files = [...new Set(tests.map(({ file }) => file))];
    const names = tests.map((test) => patternOf(test, ' ')).join('|');
    const args = [
      ...['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', ...files],
      ...['-t', names, '--testTimeout', String(TEST_TIMEOUT_MS)],
      ...['--reporter=json', `--outputFile=${report}`],
    ];
    const options = { cwd: directory, timeout: RUN_TIMEOUT_MS, maxBuffer: 2 ** 26 };
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

async function prove(directory: string, words: string): Promise<number> {
  const chosen = regressions.filter(({ situation, change }) =>
    `${situation} ${change.mistake}`.includes(words),
  );
  const all = chosen.flatMap(({ tests }) => tests);
  const broken = without(false, all, await run(directory, all));
  for (const { file, name } of broken) console.log(`fails without any change: ${file}: ${name}`);
  let unnoticed = broken.length;
  for (const { situation, tests, change } of chosen) {
    const path = join(directory, change.file);
    const before = await readFile(path, 'utf8');
    await writeFile(
      path,
      before.replace(change.find, () => change.replace),
    );
    const blind = without(true, tests, await run(directory, tests));
    await writeFile(path, before);
    unnoticed += blind.length;
    console.log(`${blind.length === 0 ? 'noticed' : 'UNNOTICED'}: ${situation}`);
    console.log(`    ${change.file}: ${change.mistake}`);
    for (const { file, name } of blind) console.log(`    passes all the same: ${file}: ${name}`);
  }
  console.log(`${chosen.length} changes, ${all.length} tests; ${unnoticed} that failed to notice`);
  return unnoticed;
}

const directory = await mkdtemp(join(tmpdir(), 'regressions-'));
try {
  for (const part of ['src', 'machines', 'test', 'package.json', 'tsconfig.json']) {
    await cp(join(ROOT, part), join(directory, part), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  process.exitCode = (await prove(directory, process.argv[2] ?? '')) === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true });
}
