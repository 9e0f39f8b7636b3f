import { LockError } from '../../errors/lock-error.js';
import { EXIT } from '../exit-codes.js';
import type { ObserveOptions } from '../options.js';
import { print, printError } from '../output.js';
import { pause } from '../pause.js';
import { TO_END } from '../signals.js';
import { ChangeTracker, type Change, type Moment } from './change-tracker.js';
import { Follower } from './follower.js';
import type { Hint } from './hints.js';
import { missingNamespace } from './namespace.js';
import { openSubject, type Subject } from './read-locks.js';
import { liveReport, plainReport, withPage, type Report } from './reports.js';
import { withoutWatch } from './words.js';

export interface WatchOptions {
  readonly common: ObserveOptions;
  /** Between two readings while there is no watch. */
  readonly intervalSeconds: number;
  /** Null: until it is interrupted. */
  readonly forSeconds: number | null;
  /** The terminal to draw on; null: plain lines. */
  readonly terminal: NodeJS.WriteStream | null;
  /** Serve the live page, too. */
  readonly inspect: boolean;
}

/** Tells how the locks stand and of every change, until interrupted. Resolves with the exit code. */
export async function watch(options: WatchOptions): Promise<number> {
  const { common } = options;
  const subject = await openSubject(common);
  const report = await openReport(options, subject);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  for (const signal of TO_END) process.once(signal, interrupt);
  const watching = new Watching(subject, options, report, stop.signal);
  let end: NodeJS.Timeout | undefined;
  try {
    // What does not work at all is better told at once; what fails later may pass.
    await watching.refresh();
    const { forSeconds } = options;
    if (forSeconds !== null) end = setTimeout(interrupt, forSeconds * 1000);
    await watching.run();
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    watching.close();
    await report.close();
    clearTimeout(end);
    for (const signal of TO_END) process.off(signal, interrupt);
  }
  return EXIT.ok;
}

async function openReport(options: WatchOptions, subject: Subject): Promise<Report> {
  const { common, terminal, inspect } = options;
  const open = (): Report => (terminal === null ? plainReport(common) : liveReport(terminal));
  if (!inspect) return open();
  const { servePage } = await import('./inspect/serve-page.js');
  const leaseDurationMs = common.timings.leaseDurationSeconds * 1000;
  let report: Report | null = null;
  const complain = (text: string): void => report?.trouble(text);
  const page = await servePage({ ...subject, leaseDurationMs, complain });
  const say = common.json ? printError : print;
  say(`The live page, for a browser on this machine, until Ctrl-C:\n  ${page.url}\n`);
  report = open();
  return withPage(report, page);
}

/** How often it is checked whether a lease has run out, which no event tells. No requests. */
const TICK_MS = 250;

/** Where there are many locks, one or the other is being renewed all the time. */
const SETTLE_MS = 20;

class Watching {
  readonly #follower: Follower;
  readonly #tracker: ChangeTracker;
  readonly #options: WatchOptions;
  readonly #report: Report;
  readonly #subject: Subject;
  readonly #stop: AbortSignal;
  #wake = new AbortController();
  #trouble = '';
  /** What was said of a namespace that is too large. */
  #cut = '';
  /** What is said of the watch, as long as there is none. */
  #watchTrouble = '';
  /** That the namespace is missing; null: it is not, or that cannot be told. Undefined: not asked. */
  #noNamespace: Hint | null | undefined;

  constructor(subject: Subject, options: WatchOptions, report: Report, stop: AbortSignal) {
    this.#options = options;
    this.#report = report;
    this.#stop = stop;
    this.#subject = subject;
    this.#tracker = new ChangeTracker(options.common.timings.leaseDurationSeconds * 1000);
    this.#follower = new Follower(subject.kubeConfig, subject.looksAt, {
      heard: (sight) => {
        const change = this.#tracker.takeOne(sight, moment());
        if (change !== null) report.tell(change);
        this.#wake.abort();
      },
      turned: () => this.#wake.abort(),
    });
    stop.addEventListener('abort', () => this.#wake.abort());
  }

  /** Goes on until it is told to stop, after a first {@link refresh}. */
  async run(): Promise<void> {
    while (!this.#stop.aborted) {
      const intervalMs = this.#options.intervalSeconds * 1000;
      const { isCurrent } = this.#follower;
      await pause(isCurrent ? Math.min(TICK_MS, intervalMs) : intervalMs, this.#wake.signal);
      if (this.#wake.signal.aborted) await pause(SETTLE_MS, this.#stop);
      if (this.#stop.aborted) return;
      try {
        await this.refresh();
      } catch (error) {
        if (!(error instanceof LockError) || this.#stop.aborted) throw error;
        if (error.message !== this.#trouble) this.#report.trouble(error.message, error);
        this.#trouble = error.message;
      }
    }
  }

  close(): void {
    this.#follower.close();
  }

  /**
   * Brings what is shown up to date; reads only where the watch may not tell.
   *
   * @throws {LockError | CliError} when something had to be read and could not be
   */
  async refresh(): Promise<void> {
    this.#wake = new AbortController();
    const follower = this.#follower;
    let now = moment();
    // A connection that has died silently is not a leader that has.
    if (!follower.isCurrent || this.#tracker.wouldExpire(follower.sights(), now)) {
      await follower.read(this.#stop);
      if (this.#trouble !== '') this.#report.trouble('The API server answers again.');
      this.#trouble = '';
      await this.#explainNothing();
      now = moment();
    }
    // At the moment that was asked about: a little later it might expire without being looked at.
    const { locks, changes } = this.#tracker.take(follower.sights(), now);
    for (const change of changes) this.#report.tell(this.#explained(change));
    this.#report.show(
      locks.map((lock) => this.#explained(lock)),
      this.#subject.looksAt,
    );
    this.#tellOfTheWatch();
    const cut = follower.cut ?? '';
    if (cut !== '' && this.#cut === '') this.#report.trouble(cut);
    this.#cut = cut;
  }

  /** Nothing was found: is it for want of the namespace? Before it is said what to do about it. */
  async #explainNothing(): Promise<void> {
    const isAnswered = this.#noNamespace === null;
    const isThere = this.#follower.sights().some(({ object }) => object !== null);
    const { kubeConfig, looksAt } = this.#subject;
    if (isThere) this.#noNamespace = null;
    if (isThere || isAnswered) return;
    const hint = await missingNamespace(kubeConfig, looksAt.namespace);
    // Of one lock it is the hint; where there is none, it is said once.
    const isNew = this.#noNamespace === undefined;
    if (hint !== null && isNew && !('name' in looksAt)) this.#report.trouble(hint.text);
    this.#noNamespace = hint;
  }

  #explained(change: Change): Change {
    const { judgement } = change;
    const hint = this.#noNamespace ?? null;
    if (hint === null || judgement.standing !== 'missing') return change;
    return { ...change, judgement: { ...judgement, hints: [hint] } };
  }

  #tellOfTheWatch(): void {
    const { trouble } = this.#follower;
    const text =
      trouble === null ? '' : withoutWatch(trouble, this.#subject.looksAt, this.#options);
    if (text === this.#watchTrouble) return;
    this.#report.trouble(text === '' ? 'Changes are told as they come from now on.' : text);
    this.#watchTrouble = text;
  }
}

function moment(): Moment {
  return { at: performance.now(), nowMs: Date.now() };
}
