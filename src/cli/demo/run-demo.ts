import type { Inspector } from '../../inspect/inspector.js';
import type { LockKind } from '../../lock/lock-kinds.js';
import { CliError } from '../cli-error.js';
import type { Connection } from '../connect.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { drawableTerminal } from '../live-area.js';
import { placeName } from '../observe/words.js';
import { printError } from '../output.js';
import { until } from '../pause.js';
import type { Timings } from '../timings.js';
import { openEmbeddedCluster, openRealCluster, type Cluster } from './cluster.js';
import { LiveScreen, plainLines, type Display } from './display.js';
import { Fleet } from './fleet.js';
import { Interruption } from './interruption.js';
import { Story } from './story.js';
import { introduction, summarize, table } from './words.js';

export interface DemoOptions {
  /** Null: the API server inside this program. */
  readonly connection: Extract<Connection, { kind: 'file' }> | null;
  /** Null: that of the context. */
  readonly namespace: string | null;
  readonly kind: LockKind;
  readonly timings: Timings;
  readonly candidates: number;
  /** Plain lines even in a terminal. */
  readonly plain: boolean;
  /** Serve the live chart. */
  readonly inspect: boolean;
}

/**
 * Plays the demo once and resolves with the exit code, after everything that it started is gone
 * again: processes, server, lock. Signals are handled meanwhile.
 *
 * @param script what a candidate's process runs, in that role
 * @throws {CliError | LockError} saying what did not go as it should
 */
export async function runDemo(options: DemoOptions, script: string): Promise<number> {
  const interruption = new Interruption();
  const stage = new Stage(options, interruption);
  let leftovers: string | null;
  try {
    await stage.open(script);
    await stage.play();
  } catch (error) {
    // What could not be cleaned up is worth a word even when it was interrupted.
    if (interruption.by === null || error instanceof CliError) throw error;
  } finally {
    leftovers = await stage.close();
    interruption.dispose();
    if (leftovers !== null) printError(leftovers);
  }
  if (interruption.by !== null && !stage.wasShown) return exitCodeOf(interruption.by);
  return leftovers === null ? EXIT.ok : EXIT.failed;
}

/** All that one run consists of, so that it can be taken down whatever had been put up. */
class Stage {
  readonly #options: DemoOptions;
  readonly #interruption: Interruption;
  readonly #display: Display;
  #cluster: Cluster | null = null;
  #fleet: Fleet | null = null;
  #chart: Inspector | null = null;
  /** The demo was played to its end; what remains is to be looked at. */
  wasShown = false;

  constructor(options: DemoOptions, interruption: Interruption) {
    this.#options = options;
    this.#interruption = interruption;
    const terminal = options.plain ? null : drawableTerminal(process.stdout, process.env);
    this.#display =
      terminal === null
        ? plainLines
        : new LiveScreen(terminal, () => table(this.#fleet?.members ?? []));
  }

  async open(script: string): Promise<void> {
    const { kind, connection, namespace, timings, candidates } = this.#options;
    const { signal } = this.#interruption;
    this.#cluster =
      connection === null
        ? await openEmbeddedCluster(kind)
        : // It leaves nothing behind, so it may be abandoned.
          await Promise.race([openRealCluster(kind, connection, namespace), aborted(signal)]);
    const { lock, connection: inPlace, description } = this.#cluster;
    if (this.#options.inspect) {
      const { startInspector } = await import('../../inspect/inspector.js');
      this.#chart = await startInspector();
    }
    signal.throwIfAborted();
    const chart = this.#chart;
    const where = `${placeName(lock)}, in ${description}`;
    this.#display.say(introduction(timings, candidates, where, textWidth()));
    if (chart !== null) {
      this.#display.say([
        '\nThe live chart of every candidate. Open it in a browser on this machine; the',
        `demo begins when it is open, or in ${PAGE_WAIT_MS / 1000} s:\n  ${chart.url}`,
      ]);
      await until(() => chart.openPages > 0, PAGE_WAIT_MS, signal);
    }
    this.#fleet = new Fleet({
      script,
      setup: { connection: inPlace, lock, timings, inspector: chart?.url ?? null },
      log: (entry) => this.#display.log(entry),
    });
  }

  async play(): Promise<void> {
    const { timings, candidates } = this.#options;
    const { signal } = this.#interruption;
    if (this.#fleet === null) throw new Error('The stage is not open');
    const display = this.#display;
    const story = new Story({ fleet: this.#fleet, display, timings, signal });
    const result = await story.play(candidates);
    display.step('The end', 'stopping all candidates.');
    await this.#fleet.endAll(signal);
    signal.throwIfAborted();
    const intervals = this.#fleet.leadingIntervals();
    const { lines, problem } = summarize(result, intervals, timings, textWidth());
    display.say(['', ...lines]);
    if (problem !== null) throw new CliError(problem);
    this.wasShown = true;
    const chart = this.#chart;
    if (chart === null || chart.openPages === 0) return;
    display.say(['', `The chart stays until its page is closed, or Ctrl-C: ${chart.url}`]);
    await until(() => chart.openPages === 0, Infinity, signal);
  }

  /** Takes everything down. Resolves with what could not be, in words; null when nothing is left. */
  async close(): Promise<string | null> {
    const { by, hurry } = this.#interruption;
    const interrupted = by !== null && !this.wasShown;
    if (interrupted) this.#display.step(`Interrupted (${by})`, 'stopping all candidates.');
    await this.#fleet?.endAll(hurry);
    await this.#chart?.close();
    const leftovers = (await this.#cluster?.dispose()) ?? null;
    if (interrupted && leftovers === null) {
      this.#display.say(['', 'Stopped before its end. Nothing is left running.']);
    } else if (this.#cluster !== null && this.#options.connection !== null && leftovers === null) {
      this.#display.say(['', `${placeName(this.#cluster.lock)} has been deleted again.`]);
    }
    this.#display.close();
    return leftovers;
  }
}

/** How long the demo waits for somebody to open the page before it begins. */
const PAGE_WAIT_MS = 20_000;

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

function textWidth(): number {
  const { isTTY, columns } = process.stdout;
  const width = isTTY && columns > 0 ? columns : 80;
  return Math.min(Math.max(width, 20) - 1, 90);
}
