import { afterEach, describe, expect, it, vi } from 'vitest';
import { CliError } from '../../../src/cli/cli-error.js';
import { plainLines } from '../../../src/cli/demo/display.js';
import { fit } from '../../../src/cli/live-area.js';
import { judge } from '../../../src/cli/observe/judge.js';
import { details } from '../../../src/cli/observe/details.js';
import { hintLines, table } from '../../../src/cli/observe/table.js';
import { asJson, noLocks, sentence } from '../../../src/cli/observe/words.js';
import { print, printError, printLines } from '../../../src/cli/output.js';
import { RunLog } from '../../../src/cli/run/log.js';
import type { Line } from '../../../src/cli/style.js';
import { printValue } from '../../../src/validation/print-value.js';
import { safeLogger, stderrLogger } from '../../../src/logging/loggers.js';
import { ConfigError, LockError } from '../../../src/errors/index.js';
import { text } from '../../../src/inspect/redact.js';
import { answerError } from '../../../src/kubernetes/answer-error.js';
import { bareError } from '../../../src/kubernetes/safe-reason.js';
import { leaseFormat } from '../../../src/lock/lease-format.js';
import { jsonText, printable } from '../../../src/text/printable.js';
import { allUnseen, unseenIn } from './unseen.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What these write to the console. */
function spoken(speak: () => void): string {
  let said = '';
  for (const method of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line: unknown) => {
      said += `${String(line)}\n`;
    });
  }
  speak();
  return said;
}

function logged(json: boolean, speak: (log: RunLog) => void): string {
  let said = '';
  speak(new RunLog((line) => (said += line), { json, quiet: false }));
  return said;
}

/** A lock whose record is full of it. */
function lockOf(hostile: string) {
  const spec = {
    holderIdentity: hostile,
    leaseDurationSeconds: 15,
    acquireTime: hostile,
    renewTime: hostile,
  };
  const object = { metadata: { name: hostile, resourceVersion: '1' }, spec };
  const place = { kind: 'lease', namespace: hostile, name: hostile } as const;
  const stored = leaseFormat.read(object);
  const sight = { ...place, object, stored, ageMs: 1000, serverMs: 0 };
  return [place, judge({ sight, leaseDurationMs: 15_000, nowMs: 0 })] as const;
}

const linesOf = (lines: readonly Line[]): string =>
  lines.map(({ text: shown }) => shown).join('\n');

const CALL = { kind: 'Lease', group: 'g', resource: 'leases', namespace: 'n', name: 'l' } as const;

function refusal(status: number, hostile: string): LockError {
  const json = { kind: 'Status', reason: hostile, message: hostile, details: { kind: hostile } };
  const answer = { status, headers: { 'content-type': hostile }, json, address: 'a:1' };
  return answerError({ ...CALL, verb: 'get' }, answer);
}

const STATUSES = [400, 401, 403, 404, 408, 409, 429, 500, 302];
const answersOf = (hostile: string): string =>
  STATUSES.map((status) => refusal(status, hostile).message).join('\n');
const entry = (hostile: string): [object, string] => [
  { a: hostile, err: new Error(hostile) },
  hostile,
];

/** Everything that says something which others have said. */
const SPEAKERS = Object.entries<(hostile: string) => string>({
  printable,
  JSON: (hostile) => jsonText({ [hostile]: [hostile] }, 2),
  'a value in an error': printValue,
  'a LockError': (hostile) => new LockError(hostile, { kind: 'unknown' }).message,
  'its reason': (hostile) => new LockError('', { kind: 'unknown', reason: hostile }).reason!,
  'its stack': (hostile) => new LockError(hostile, { kind: 'unknown' }).stack!,
  'a LockError of another error': (hostile) => LockError.from(new Error(hostile)).message,
  'a ConfigError': (hostile) =>
    new ConfigError(hostile, [{ field: hostile, rule: hostile, value: hostile }]).message,
  'an error of the command line': (hostile) => new CliError(hostile).message,
  'answers that refuse': answersOf,
  'the reason of an answer': (hostile) => refusal(500, hostile).reason ?? '',
  'the cause of an error': (hostile) => bareError(new Error(hostile), []).message,
  'the default logger': (hostile) =>
    spoken(() => {
      safeLogger(stderrLogger).warn({ err: new Error(hostile) }, hostile);
      safeLogger(stderrLogger).error({ err: hostile }, hostile);
    }),
  'the log of run': (hostile) => logged(false, (log) => log.info(...entry(hostile))),
  'the log of run in JSON': (hostile) => logged(true, (log) => log.info(...entry(hostile))),
  print: (hostile) => spoken(() => print(hostile)),
  printError: (hostile) => spoken(() => printError(hostile)),
  'details of a lock': (hostile) => linesOf(details(...lockOf(hostile), { columns: 80 })),
  'a table of locks': (hostile) => linesOf(table([lockOf(hostile)])),
  'what is odd about locks': (hostile) => linesOf(hintLines([lockOf(hostile)], 80)),
  'a line without its colour': (hostile) => spoken(() => printLines([hostile], false)),
  'a sentence about a lock': (hostile) => sentence(lockOf(hostile)[1]),
  'a lock in JSON': (hostile) => jsonText(asJson(...lockOf(hostile))),
  'an empty namespace': (hostile) => noLocks({ kind: 'lease', namespace: hostile }),
  'what a page is told': text,
  'the demo in plain lines': (hostile) =>
    spoken(() => {
      plainLines.say([hostile]);
      plainLines.step(hostile, hostile);
      plainLines.log({ at: 0, text: hostile });
    }),
  'what is drawn on a terminal': (hostile) =>
    linesOf(fit([hostile, { text: hostile, style: 'bold' }], { columns: 500, rows: 9 })),
});

describe('characters that nobody can see', () => {
  const pieces = allUnseen(200);

  it('are thousands', () => {
    expect(pieces.join('').length).toBeGreaterThan(10_000);
  });

  it.each(SPEAKERS)('are shown by their numbers in %s', (_name, speak) => {
    for (const piece of pieces) expect(unseenIn(speak(piece))).toBeNull();
  });

  it.each([
    ['a\u001bb', 'a\\u001bb'],
    ['\u009b', '\\u009b'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud800', '\\ud800'],
    ['a\nb', 'a\\u000ab'],
    ['Grüße, 你好, שלום, 🦆 e\u0301', 'Grüße, 你好, שלום, 🦆 e\u0301'],
  ])('%j is told as %s', (given, told) => {
    expect(printable(given)).toBe(told);
    expect(printable(told)).toBe(told);
  });

  it('mean the same in JSON as before', () => {
    for (const piece of pieces) expect(JSON.parse(jsonText({ a: piece }, 2))).toEqual({ a: piece });
  });
});

describe('text that is too long', () => {
  const long = 'x'.repeat(300_000);

  const whole = ['printable', 'JSON', 'print', 'printError', 'a line without its colour'];
  it.each(SPEAKERS.filter(([name]) => !whole.includes(name)))('is cut in %s', (name, speak) => {
    // The demo's own lines are cut where they come in.
    if (name !== 'the demo in plain lines' && name !== 'a value in an error') {
      expect(speak(long).length).toBeLessThan(70_000);
    }
    expect(speak('\u001b'.repeat(300)).length).toBeLessThan(70_000);
  });

  it('makes no wide table: 100 locks of such holders take 40 kB', () => {
    const locks = Array.from({ length: 100 }, () => lockOf(long));
    expect(linesOf(table(locks)).length).toBeLessThan(40_000);
  });

  it('is cut where it was given and where it was made longer', () => {
    expect(printable(long, { most: 10 })).toBe(`${'x'.repeat(9)}…`);
    expect(printable('\u001b'.repeat(10), { most: 10 })).toHaveLength(10);
    expect(printable('x'.repeat(10), { most: 10 })).toBe('x'.repeat(10));
  });
});
