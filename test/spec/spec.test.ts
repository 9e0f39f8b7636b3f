import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { isCi } from '../support/ci.js';
import { MissingToolError } from '../support/missing-tool-error.js';
import { configurationText, type Run } from './run.js';
import { RUNS } from './runs.js';
import { findTlc, runTlc, type Tlc } from './tlc.js';
import { judge } from './verdict.js';

// The small runs of the formal model: the rules of the election hold in every state that two
// candidates can reach, and each seeded bug is found. The large ones: test/spec/check.ts --full.

const RUN_MILLIS = 6 * 60_000;

const tlc = await findTlc().catch((error: unknown) => {
  if (!(error instanceof MissingToolError)) throw error;
  return error;
});

describe('the formal model', () => {
  const small = RUNS.filter(({ size }) => size === 'small');

  if (!(tlc instanceof MissingToolError)) {
    it.each(small.map((run) => ({ run, title: `${run.kind}: ${run.name}` })))(
      '$title',
      async ({ run }) => {
        await expectVerdict(tlc, run);
      },
      RUN_MILLIS,
    );
  } else if (isCi()) {
    it('can be checked', () => {
      throw tlc;
    });
  } else {
    process.stderr.write(`[spec] SKIPPED the formal model: ${tlc.message}\n`);
    it.skip.each(small.map(({ kind, name }) => `${kind}: ${name}`))('%s', () => undefined);
  }

  it('is configured for newcomers as the check does it', async () => {
    const written = await readFile(new URL('LeaderElection.cfg', import.meta.url), 'utf8');
    const run = RUNS.find(({ name }) => name === '2 candidates')!;
    expect(lines(written)).toEqual(lines(configurationText(run)));
  });
});

async function expectVerdict(found: Tlc, run: Run): Promise<void> {
  const { ok, finding, trace } = judge(run, await runTlc(found, run));
  expect({ ok, finding, trace: ok ? [] : trace }).toEqual({ ok: true, finding, trace: [] });
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
}

describe('the verdict on a run', () => {
  const bug = RUNS.find(({ name }) => name === 'deadline counted from the answer')!;
  const rules = RUNS.find(({ name }) => name === '2 candidates')!;
  const every = RUNS.find(({ expect: expected }) => expected === 'everyAction')!;
  const message = (code: number, text: string) =>
    `@!@!@STARTMSG ${code}:0 @!@!@\n${text}\n@!@!@ENDMSG ${code} @!@!@\n`;
  const visited = (left: number) =>
    message(2199, `20 states generated, 7 distinct states found, ${left} states left on queue.`);
  const nothingFound = message(2193, 'Model checking completed. No error has been found.');
  const broken =
    message(2110, 'Invariant NeverTwoLeaders is violated.') +
    message(2217, '1: <Initial predicate>\n/\\ late = {}') +
    message(2217, '2: <Look line 1>\n/\\ late = {}') +
    visited(3);
  const judged = (run: Run, text: string, exitCode: number | null) =>
    judge(run, { text, exitCode, seconds: 1 });

  it('is good when a search that is complete finds nothing', () => {
    const verdict = judged(rules, nothingFound + visited(0), 0);
    expect(verdict).toMatchObject({ ok: true, finding: 'holds', distinctStates: 7 });
  });

  it('is good when a seeded bug breaks its promise', () => {
    const verdict = judged(bug, broken, 12);
    expect(verdict).toMatchObject({ ok: true, finding: 'NeverTwoLeaders is broken', length: 2 });
  });

  it.each([
    ['a seeded bug is not found', bug, nothingFound + visited(0), 0],
    ['a seeded bug breaks another promise', bug, broken.replace('NeverTwo', 'NeverFour'), 12],
    ['a promise is broken that should hold', rules, broken, 12],
    ['the run was cut', rules, nothingFound + visited(0), null],
    ['a seeded bug was found by a run that was cut', bug, broken, null],
    ['states were left unvisited', rules, nothingFound + visited(4), 0],
    ['nothing tells how many states there were', rules, nothingFound, 0],
    ['TLC does not say that it completed', rules, visited(0), 0],
    ['TLC could not read the model', rules, message(2171, 'Parsing failed'), 150],
    ['TLC could not read the model of a seeded bug', bug, message(2171, 'Parsing failed'), 150],
    ['an action never happens', every, action('Look', 5) + action('Tick', 0), 0],
    ['no action is told', every, '', 0],
  ] as const)('is bad when %s', (_, run, text, exitCode) => {
    const output = run === every ? text + nothingFound + visited(0) : text;
    expect(judged(run, output, exitCode).ok).toBe(false);
  });

  it.runIf(!(tlc instanceof MissingToolError))('is bad when TLC is out of time', async () => {
    const output = await runTlc(tlc as Tlc, rules, 1);
    expect(judge(rules, output)).toMatchObject({
      ok: false,
      finding: expect.stringMatching(/^CUT/),
    });
  });

  it('is good when every action happens', () => {
    const verdict = judged(every, action('Look', 5) + nothingFound + visited(0), 0);
    expect(verdict).toMatchObject({ ok: true, finding: '1 actions happen' });
  });

  function action(name: string, times: number): string {
    return message(2772, `<${name} line 1, col 1 to line 2, col 3 of module M>: 0:${times}`);
  }
});
