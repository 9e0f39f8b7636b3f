import { extname } from 'node:path';
import type { WriteStream } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { LockError } from '../../errors/lock-error.js';
import { printable } from '../../text/printable.js';
import type { DemoOptions } from './args.js';
import type { BoardRow } from './board.js';
import type { CandidateProgram } from './candidate-process.js';
import { openEmbeddedCluster, openRealCluster, type Cluster } from './cluster.js';
import { CliError, UsageError } from '../connect.js';
import type { Display } from './display.js';
import { Fleet } from './fleet.js';
import { EXIT_CODES, Interrupted, Interruption } from './interruption.js';
import { LiveChart } from './live-chart.js';
import { LiveScreen } from './live-screen.js';
import type { Member } from './member.js';
import { machineNow } from './messages.js';
import { PlainLines } from './plain-lines.js';
import { playStory } from './story.js';
import { introduction, lockName, summarize } from './words.js';

export type ExitCode = 0 | 1 | 2 | 129 | 130 | 141 | 143;

export interface DemoSurroundings {
  readonly stdout: WriteStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: NodeJS.ProcessEnv;
  readonly candidateProgram: CandidateProgram;
}

/** Beside this file, in the language that this file is in. A program in one file has another. */
function candidateProgram(): CandidateProgram {
  const name = `candidate-main${extname(import.meta.url)}`;
  return { script: fileURLToPath(new URL(name, import.meta.url)), args: [] };
}

/**
 * Plays the demo once and resolves with the exit code, after everything that it started is gone
 * again: processes, server, lock. Signals are handled meanwhile.
 */
export async function runDemo(
  options: DemoOptions,
  surroundings: Partial<DemoSurroundings> = {},
): Promise<ExitCode> {
  const { stdout = process.stdout, stderr = process.stderr, env = process.env } = surroundings;
  const say = (text: string): unknown => stderr.write(`${printable(text, { keepLines: true })}\n`);
  const interruption = new Interruption(stdout, env);
  const stage = new Stage(options, stdout, env);
  let failure: unknown = null;
  try {
    await stage.open(interruption.signal, surroundings.candidateProgram ?? candidateProgram());
    await stage.play(interruption.signal);
  } catch (error) {
    failure = error;
  }
  const leftovers = await stage.close(interruption);
  interruption.dispose();
  if (leftovers !== null) say(leftovers);
  if (interruption.by !== null && !stage.wasShown) {
    // What could not be cleaned up is worth a word even now.
    if (failure instanceof CliError) say(failure.message);
    return EXIT_CODES[interruption.by];
  }
  if (failure === null) return leftovers === null ? 0 : 1;
  const isUsage = failure instanceof UsageError;
  say(`${isUsage ? 'demo:' : 'The demo failed.'} ${explain(failure)}`);
  return isUsage ? 2 : 1;
}

/** All that one run consists of, so that it can be taken down whatever had been put up. */
class Stage {
  readonly #options: DemoOptions;
  readonly #stdout: WriteStream;
  readonly #display: Display;
  #cluster: Cluster | null = null;
  #fleet: Fleet | null = null;
  #chart: LiveChart | null = null;
  #wasShown = false;

  constructor(options: DemoOptions, stdout: WriteStream, env: NodeJS.ProcessEnv) {
    this.#options = options;
    this.#stdout = stdout;
    const timeOf = wallClock();
    const live = stdout.isTTY && !options.plain && env['TERM'] !== 'dumb';
    this.#display = live
      ? new LiveScreen({
          stdout,
          // See no-color.org: any value but the empty one.
          color: (env['NO_COLOR'] ?? '') === '',
          rows: () => this.#fleet?.members.map(boardRow) ?? [],
          timeOf,
        })
      : new PlainLines((text) => stdout.write(text), timeOf);
  }

  async open(signal: AbortSignal, program: CandidateProgram): Promise<void> {
    const { lock, cluster, timings } = this.#options;
    this.#cluster =
      cluster === null
        ? await openEmbeddedCluster(lock)
        : await openRealCluster(lock, cluster, signal);
    signal.throwIfAborted();
    if (this.#options.inspect === true) this.#chart = await LiveChart.open();
    this.#display.intro([
      ...introduction(this.#options, this.#cluster, this.#columns),
      ...(this.#chart?.introduction ?? []),
    ]);
    await this.#chart?.opened(signal);
    this.#fleet = new Fleet({
      program,
      setup: {
        connection: this.#cluster.connection,
        lock: this.#cluster.lock,
        timings,
        inspector: this.#chart?.url ?? null,
      },
      onLog: (entry) => {
        this.#display.log(entry);
      },
      onChange: () => {
        this.#display.changed();
      },
    });
  }

  async play(signal: AbortSignal): Promise<void> {
    const { timings, candidates } = this.#options;
    if (this.#fleet === null) throw new Error('The stage is not open');
    const display = this.#display;
    const result = await playStory({ fleet: this.#fleet, display, timings, candidates, signal });
    display.step('The end', 'stopping all candidates.');
    await this.#fleet.endAll(signal);
    signal.throwIfAborted();
    const intervals = this.#fleet.leadingIntervals();
    const { lines, problem } = summarize(result, intervals, timings, this.#columns);
    display.summary(lines);
    if (problem !== null) throw new CliError(problem);
    this.#wasShown = true;
    await this.#chart?.stay(display, signal);
  }

  /** The demo was played to its end; what remains is to be looked at. */
  get wasShown(): boolean {
    return this.#wasShown;
  }

  /** Takes everything down. Resolves with what could not be, in words; null when nothing is left. */
  async close(interruption: Interruption): Promise<string | null> {
    const interrupted = interruption.by !== null && !this.#wasShown;
    if (interrupted) {
      this.#display.step(`Interrupted (${interruption.by})`, 'stopping all candidates.');
    }
    await this.#fleet?.endAll(interruption.hurry);
    await this.#chart?.close();
    const leftovers = (await this.#cluster?.dispose()) ?? null;
    if (interrupted && leftovers === null) {
      this.#display.summary(['Stopped before its end. Nothing is left running.']);
    } else if (this.#cluster !== null && this.#options.cluster !== null && leftovers === null) {
      this.#display.summary([`${lockName(this.#cluster.lock)} has been deleted again.`]);
    }
    this.#display.close();
    return leftovers;
  }

  get #columns(): number {
    return this.#stdout.isTTY && this.#stdout.columns > 0 ? this.#stdout.columns : 80;
  }
}

function boardRow(member: Member): BoardRow {
  const { name, phase, isLeading, fencingToken, renewals, since } = member;
  const { pid } = member.process;
  return { name, pid, phase, isLeading, fencingToken, renewals, forMs: machineNow() - since };
}

/** Turns the machine's monotonic time into a time of day. */
function wallClock(): (at: number) => string {
  const offset = Date.now() - machineNow();
  return (at) => {
    const date = new Date(offset + at);
    const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
    return local.toISOString().slice(11, 23);
  };
}

function explain(failure: unknown): string {
  if (failure instanceof CliError || failure instanceof LockError) return failure.message;
  if (failure instanceof Interrupted) return failure.message;
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}
