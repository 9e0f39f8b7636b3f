import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { codeBlocks, tableAfter } from '../docs/support/markdown.js';
import { readManifest, ROOT } from './support/manifest.js';
import { run, runWell } from './support/run.js';

/*
 * The test that docs/testing.md shows, in the runners that it names, each with its defaults: with real
 * timers, with faked ones, and with faked ones that go along with the time of the cluster.
 */
const PAGE = 'docs/testing.md';

/** The newest that run on Node 20. Raise them by hand, on purpose. */
const PACKAGES = ['jest@30.5.2', 'mocha@12.0.3', 'sinon@22.1.0'];

const CASES = ['real timers', 'faked timers', 'timers that go along'] as const;

interface Runner {
  readonly name: string;
  /** Its row in the table of the page. */
  readonly row: string;
  readonly format: 'cjs' | 'esm';
  /** Where its names come from, if the page calls them globals. */
  readonly imports?: string;
  readonly restore: string;
  /** From the folder with the tests of this runner. */
  readonly command: readonly string[];
}

const BIN = '../node_modules';
const RUNNERS: readonly Runner[] = [
  {
    ...{ name: 'vitest', row: 'vitest', format: 'esm' },
    restore: 'vi.useRealTimers();',
    command: [`${BIN}/vitest/vitest.mjs`, 'run', '--root', '.'],
  },
  {
    ...{ name: 'jest (CommonJS)', row: 'jest', format: 'cjs' },
    restore: 'jest.useRealTimers();',
    command: [`${BIN}/jest/bin/jest.js`, '--rootDir', '.'],
  },
  {
    ...{ name: 'jest (ES modules)', row: 'jest', format: 'esm' },
    imports: "import { jest } from '@jest/globals';",
    restore: 'jest.useRealTimers();',
    command: ['--experimental-vm-modules', `${BIN}/jest/bin/jest.js`, '--rootDir', '.'],
  },
  {
    ...{ name: 'node:test', row: 'node:test', format: 'esm' },
    restore: 'mock.timers.reset();',
    command: ['--test'],
  },
  {
    ...{ name: 'mocha and sinon', row: 'mocha', format: 'cjs' },
    imports: "import sinon from 'sinon';",
    restore: 'fake.restore();',
    command: [`${BIN}/mocha/bin/mocha.js`, '*.test.js'],
  },
];

const block = (is: (info: string, code: string) => boolean): string => {
  const found = codeBlocks(PAGE).find(({ info, code }) => is(info, code));
  if (found === undefined) throw new Error(`${PAGE} lacks an example`);
  return found.code;
};

const service = block((info) => info === 'ts outbox.ts');
const failover = block((info) => info === 'ts outbox.test.ts');
const goingAlong = block((_, code) => code.includes('advanceTimers: (ms) => vi'));

/** What the page says of a runner. */
function rowOf(runner: string): { imports: string; fake: string; advance: string } {
  const rows = tableAfter(PAGE, '<!-- table: runners -->').map((row) =>
    row.map((cell) => cell.replace(/^`(.*)`$/, '$1')),
  );
  const [, imports = '', fake = '', advance = ''] = rows.find(([name]) => name === runner) ?? [];
  if (advance === '') throw new Error(`${PAGE} has no row for ${runner}`);
  return { imports: imports.startsWith('import') ? imports : '', fake, advance };
}

/** The example of the page, whose test notes how long it has taken in real time. */
function sourceOf(runner: Runner, which: (typeof CASES)[number]): string {
  const { imports, fake, advance } = rowOf(runner.row);
  const [setUp, tearDown] = which === 'real timers' ? ['', ''] : [fake, runner.restore];
  const example = (which === 'timers that go along' ? goingAlong : failover)
    .replace(/^import .* from '(node:test|vitest)';$/m, '')
    .replace('vi.useFakeTimers();', '')
    .replace('(ms) => vi.advanceTimersByTime(ms)', advance === '' ? '' : 'advance')
    .replace(/^it\(/m, 'timed(');
  // Whatever is faked when the test runs, these are as they were.
  return `${imports}${runner.imports ?? ''}
import { appendFileSync } from 'node:fs';
import { equal } from 'node:assert';
${example.match(/^import .*$/gm)?.join('\n') ?? ''}
const now = performance.now.bind(performance);
const usage = process.cpuUsage.bind(process);
let advance, sent = 0;
const outbox = { sendNext: async () => void (sent += 1) };
function timed(name, test) {
  it(name, async () => {
    ${setUp}
    advance = ${setUp === '' ? 'undefined' : advance};
    const [began, before] = [now(), usage()];
    try {
      await test();
    } finally {
      ${tearDown}
    }
    const { user, system } = usage(before);
    const told = [now() - began, (user + system) / 1000].map(Math.round);
    if (${which === 'timers that go along'}) equal(sent, 20);
    appendFileSync('times.txt', '${which}: ' + told[0] + ' ms, ' + told[1] + ' of a processor\\n');
  });
}
${example.replace(/^import .*$/gm, '')}`;
}

function compiled(source: string, format: Runner['format']): string {
  const module = format === 'cjs' ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext;
  return ts.transpileModule(source, {
    compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  }).outputText;
}

const directory = join(inject('installed').pod, '../runners');

beforeAll(async () => {
  await mkdir(directory);
  await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
  const tarball = join(directory, '..', inject('packed').filename);
  const ours = ['vitest', 'xstate'].map(
    (name) => `${name}@${readManifest(`${ROOT}node_modules/${name}/package.json`).version}`,
  );
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball];
  await runWell('npm', [...args, ...ours, ...PACKAGES], { cwd: directory });
}, 240_000);

describe.each(RUNNERS)('the test of docs/testing.md, in $name', (runner) => {
  it('passes with real and with faked timers', async () => {
    const cwd = join(directory, runner.name.replace(/\W+/g, '-'));
    await mkdir(cwd);
    const type = runner.format === 'cjs' ? 'commonjs' : 'module';
    await writeFile(join(cwd, 'package.json'), JSON.stringify({ type }));
    await writeFile(join(cwd, 'outbox.js'), compiled(service, runner.format));
    for (const which of CASES) {
      const file = join(cwd, `${which.replaceAll(' ', '-')}.test.js`);
      await writeFile(file, compiled(sourceOf(runner, which), runner.format));
    }
    const { code, stdout, stderr } = await run(process.execPath, runner.command, { cwd });
    expect(code, stdout + stderr).toBe(0);
    const times = (await readFile(join(cwd, 'times.txt'), 'utf8')).trim().split('\n').sort();
    expect(times.map((line) => line.split(':')[0])).toEqual([...CASES].sort());
    console.log(`${runner.name}: ${times.join('; ')}`);
  });
});
