import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Library } from './libraries.js';
import {
  type CandidateSettings,
  type Command,
  indexOf,
  machineNow,
  type Measured,
  type Report,
} from './protocol.js';

type Leads = Extract<Report, { event: 'leads' }>;
type Base = Omit<CandidateSettings, 'who' | 'count' | 'startNow'>;

export interface Candidates {
  readonly count?: number;
  readonly startNow?: number;
}

/** One process with one or more candidates. */
export class CandidateProcess {
  readonly name: string;
  readonly spawnedAt = machineNow();
  readonly reports: Report[] = [];
  readonly #child: ChildProcess;

  constructor(name: string, child: ChildProcess, onReport: (report: Report) => void) {
    this.name = name;
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const report = JSON.parse(line) as Report;
      this.reports.push(report);
      onReport(report);
    });
    // A command to a process that has just ended goes nowhere.
    child.stdin?.on('error', () => undefined);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** When its elections were started; undefined before that. */
  get upAt(): number | undefined {
    return this.reports.find(({ event }) => event === 'up')?.at;
  }

  command(command: Command): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  /** Sends a signal that ends the process. Resolves when it has ended, with when it was sent. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const at = machineNow();
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    }
    return at;
  }
}

/** Candidate processes of one library. Without `lockEach` they compete for one lock. */
export class Fleet implements AsyncDisposable {
  readonly library: Library;
  readonly lock: string;
  readonly #base: Base;
  readonly #processes = new Map<string, CandidateProcess>();
  readonly #looks = new Set<() => void>();
  readonly #reports: Report[] = [];
  #lastName = 0;
  #errors = '';

  constructor(library: Library, base: Base) {
    this.library = library;
    this.lock = base.lock;
    this.#base = base;
  }

  get processes(): readonly CandidateProcess[] {
    return [...this.#processes.values()];
  }

  /** Starts a process; its candidates have names that no other one has had. */
  spawn({ count = 1, startNow = count }: Candidates = {}): CandidateProcess {
    this.#lastName += 1;
    const who = `${this.lock}-${this.#lastName}`;
    const settings: CandidateSettings = { ...this.#base, who, count, startNow };
    const [command, ...args] = this.library.command;
    const child = spawn(command, [...args, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-4_000);
    });
    const made = new CandidateProcess(who, child, (report) => {
      this.#reports.push(report);
      for (const look of [...this.#looks]) look();
    });
    this.#processes.set(who, made);
    return made;
  }

  /** Starts a process and waits until its elections have begun. */
  async start(candidates: Candidates = {}): Promise<CandidateProcess> {
    const made = this.spawn(candidates);
    await this.waitFor(`${made.name} to start`, () => made.upAt, 60_000);
    return made;
  }

  /** Ends a process and forgets it. Resolves with when the signal was sent. */
  async end(process: CandidateProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    this.#processes.delete(process.name);
    return process.end(signal);
  }

  /** The candidate that leads by its own last word, and its process. */
  leader(): { readonly who: string; readonly process: CandidateProcess } | undefined {
    for (const process of this.#processes.values()) {
      const leading = new Set<string>();
      for (const report of process.reports) {
        if (report.event === 'leads') leading.add(report.who);
        else if (report.event === 'stopped') leading.delete(report.who);
      }
      const [who] = leading;
      if (who !== undefined) return { who, process };
    }
    return undefined;
  }

  awaitLeader(withinMs = 40_000) {
    return this.waitFor('a leader', () => this.leader(), withinMs);
  }

  /** The first candidate other than `old` that begins to lead after `since`. */
  nextLeader(old: string, since: number, withinMs = 40_000): Promise<Leads> {
    return this.waitFor(
      'a new leader',
      () =>
        this.#reports.find(
          (report): report is Leads =>
            report.event === 'leads' && report.at > since && report.who !== old,
        ),
      withinMs,
    );
  }

  /** When that candidate reported this, for the first time after `since`. */
  async when(event: 'stopped' | 'leadsNoMore', who: string, since: number, withinMs = 40_000) {
    const report = await this.waitFor(
      `${who}: ${event}`,
      () => this.#reports.find((r) => r.event === event && r.who === who && r.at > since),
      withinMs,
    );
    return report.at;
  }

  count(event: Report['event']): number {
    return this.#reports.filter((report) => report.event === event).length;
  }

  async measure(process: CandidateProcess): Promise<Measured> {
    const since = machineNow();
    process.command('measure');
    return this.waitFor(
      'the measurement',
      () =>
        process.reports.find(
          (report): report is Extract<Report, { event: 'measured' }> =>
            report.event === 'measured' && report.at > since,
        ),
      30_000,
    );
  }

  /** @throws Error when `look` has found nothing for `withinMs` */
  async waitFor<T>(what: string, look: () => T | undefined, withinMs: number): Promise<T> {
    const now = look();
    if (now !== undefined) return now;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#looks.delete(again);
      };
      const again = (): void => {
        const found = look();
        if (found === undefined) return;
        done();
        resolve(found);
      };
      const timer = setTimeout(() => {
        done();
        const last = this.#reports.slice(-5).map((report) => JSON.stringify(report));
        const said = [...last, this.#errors].join('\n');
        reject(new Error(`${this.library.id}: waited ${withinMs} ms for ${what}.\n${said}`));
      }, withinMs);
      this.#looks.add(again);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map((process) => this.end(process, 'SIGKILL')));
  }
}

/** The process of a candidate. */
export function processOf(fleet: Fleet, who: string): CandidateProcess {
  const name = who.slice(0, who.length - String(indexOf(who)).length - 1);
  const process = fleet.processes.find((one) => one.name === name);
  if (process === undefined) throw new Error(`There is no process of ${who}`);
  return process;
}
