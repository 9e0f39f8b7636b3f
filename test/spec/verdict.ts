import type { Run } from './run.js';
import type { TlcOutput } from './tlc.js';

/** What came of a run, and whether that is what was expected of it. */
export interface Verdict {
  readonly ok: boolean;
  /** One line: the promises that hold, the one that is broken, or what went wrong. */
  readonly finding: string;
  readonly distinctStates: number | null;
  /** Of the counterexample in states; of the whole search if there is none. */
  readonly length: number | null;
  readonly seconds: number;
  /** The counterexample as TLC prints it, each state by what is different in it. */
  readonly trace: readonly string[];
}

/* Codes of TLC's messages, as it prints them with -tool. */
const MESSAGE = {
  success: '2193',
  statistics: '2199',
  depth: '2194',
  invariantBroken: '2110',
  invariantBrokenAtStart: '2107',
  actionPropertyBroken: '2112',
  temporalPropertyBroken: '2116',
  state: '2217',
  backToState: '2122',
  stuttering: '2218',
  actionCoverage: '2772',
} as const;

/** Exit codes of TLC: nothing found; a state or a step, or a whole behaviour, breaks a promise. */
const EXIT = { nothingFound: 0, safetyBroken: 12, livenessBroken: 13 } as const;

/**
 * Reads TLC's output. Only a run that says itself how it ended can succeed: one that was cut, that
 * failed in another way than expected, or that left states unvisited, is a failure.
 */
export function judge(run: Run, output: TlcOutput): Verdict {
  const messages = parse(output.text);
  const of = (code: string) => messages.filter((message) => message.code === code);
  const statistics = of(MESSAGE.statistics).at(-1)?.text ?? '';
  const distinctStates = number(/([\d,]+) distinct states found/.exec(statistics)?.[1]);
  const unvisited = number(/([\d,]+) states left on queue/.exec(statistics)?.[1]);
  const trace = [...messages]
    .filter(({ code }) =>
      [MESSAGE.state, MESSAGE.backToState, MESSAGE.stuttering].some((c) => c === code),
    )
    .map(({ text }) => text);
  const broken = brokenPromise(run, messages);
  const depth = number(/search is ([\d,]+)/.exec(of(MESSAGE.depth).at(-1)?.text ?? '')?.[1]);
  const facts = {
    distinctStates,
    length: trace.length > 0 ? trace.length : depth,
    seconds: output.seconds,
    trace,
  };
  const fail = (finding: string): Verdict => ({ ok: false, finding, ...facts });

  if (output.exitCode === null) return fail('CUT: it took too long, or was ended');
  if (broken !== null) {
    const found = `${broken} is broken`;
    const codeFits =
      output.exitCode === EXIT.safetyBroken || output.exitCode === EXIT.livenessBroken;
    const expected = run.expect === 'counterexample' && run.promises.some((p) => p === broken);
    return expected && codeFits && trace.length > 0
      ? { ok: true, finding: found, ...facts }
      : fail(`UNEXPECTED: ${found}`);
  }
  const finished = output.exitCode === EXIT.nothingFound && of(MESSAGE.success).length === 1;
  if (!finished) return fail(`FAILED (exit code ${output.exitCode}): ${lastError(messages)}`);
  if (distinctStates === null || unvisited !== 0) return fail('INCOMPLETE: states left unvisited');
  if (run.expect === 'counterexample') return fail(`NOT FOUND: ${run.promises.join(', ')} holds`);
  if (run.expect === 'everyAction') {
    const { all, idle } = actions(of(MESSAGE.actionCoverage).map(({ text }) => text));
    if (all === 0) return fail('FAILED: TLC did not tell which actions happen');
    if (idle.length > 0) return fail(`NEVER HAPPENS: ${idle.join(', ')}`);
    return { ok: true, finding: `${all} actions happen`, ...facts };
  }
  return { ok: true, finding: 'holds', ...facts };
}

interface Message {
  readonly code: string;
  readonly text: string;
}

function parse(text: string): Message[] {
  const pattern = /@!@!@STARTMSG (\d+)(?::\d+)? @!@!@\n([^]*?)\n?@!@!@ENDMSG \1 @!@!@/g;
  return [...text.matchAll(pattern)].map(([, code = '', body = '']) => ({ code, text: body }));
}

/** TLC names the promise, except those about whole behaviours: there it must be the only one. */
function brokenPromise(run: Run, messages: readonly Message[]): string | null {
  for (const { code, text } of messages) {
    const named = /^(?:Invariant|Action property) (\w+) is violated/.exec(text)?.[1];
    if (
      code === MESSAGE.invariantBroken ||
      code === MESSAGE.invariantBrokenAtStart ||
      code === MESSAGE.actionPropertyBroken
    ) {
      return named ?? 'an unnamed promise';
    }
    if (code === MESSAGE.temporalPropertyBroken) {
      return run.promises.length === 1 ? (run.promises[0] ?? '') : 'one of the promises';
    }
  }
  return null;
}

/** Lines such as `<Look line 1, col 1 to line 1, col 7 of module M>: 3:12`, new and all states. */
function actions(lines: readonly string[]): { all: number; idle: string[] } {
  const found = lines.flatMap((line) => {
    const [, name, times] = /^<(\w+) .*>: \d+:(\d+)/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, times: Number(times) }];
  });
  const idle = found.filter(({ times }) => times === 0).map(({ name }) => name);
  return { all: found.length, idle };
}

function lastError(messages: readonly Message[]): string {
  const news = [MESSAGE.statistics, MESSAGE.depth].map(String);
  const text = messages
    .filter(({ code }) => !news.includes(code) && Number(code) < 2180)
    .at(-1)?.text;
  return (text ?? 'it did not say why').split('\n').slice(0, 3).join(' ').slice(0, 300);
}

function number(text: string | undefined): number | null {
  return text === undefined ? null : Number(text.replaceAll(',', ''));
}
