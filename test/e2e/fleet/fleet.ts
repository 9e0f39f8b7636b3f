import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { builtProgram } from '../../support/built-program.js';
import { type CandidateSettings, type Command, machineNow, type Report } from './report.js';
import { overlapsOf, type Overlap, type Reign, reignsOf } from './timeline.js';

const CANDIDATE = fileURLToPath(new URL('./candidate.ts', import.meta.url));

type FleetSettings = Omit<CandidateSettings, 'who'>;

/** The command line of a candidate program; it gets its settings as one more argument. */
export type Program = readonly [command: string, ...args: string[]];

/** A number of candidate processes that compete for one lock, and everything they reported. */
export class Fleet implements AsyncDisposable {
  readonly reports: Report[] = [];
  readonly #settings: FleetSettings;
  readonly #program: Program | null;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #watchers = new Set<() => void>();
  #errors = '';

  /** @param program what to run; another library's candidate can report in the same words */
  constructor(settings: FleetSettings, program: Program | null = null) {
    this.#settings = settings;
    this.#program = program;
  }

  /** The name of the lock that they compete for. */
  get lockName(): string {
    return this.#settings.name;
  }

  /**
   * Starts a candidate and waits until it takes part.
   *
   * @param other what to run for this one, in place of what the fleet runs; `null`: one of ours
   */
  async start(
    who: string,
    changes: Partial<CandidateSettings> = {},
    other: Program | null = this.#program,
  ): Promise<void> {
    const settings: CandidateSettings = { ...this.#settings, who, ...changes };
    const program = other ?? [process.execPath, await builtProgram(CANDIDATE)];
    const [command, ...args] = program;
    // Before the process is there: it may be up before `spawn` returns.
    const startedAt = machineNow();
    const child = spawn(command, [...args, JSON.stringify(settings)], {
      // Standard input, and the channel for messages, end with this process.
      stdio: ['pipe', 'pipe', 'pipe', ...(other === null ? (['ipc'] as const) : [])],
    });
    this.#processes.set(who, child);
    child.stderr?.on('data', (data: Buffer) => {
      this.#errors += `${who}: ${data.toString()}`;
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.reports.push(JSON.parse(line) as Report);
        for (const look of [...this.#watchers]) look();
      });
    }
    await this.waitFor(
      `${who} to start`,
      () => this.reports.find((r) => r.who === who && r.event === 'up' && r.at > startedAt),
      30_000,
    );
  }

  /** SIGKILL: no handler of the process runs. */
  async kill(who: string): Promise<number> {
    const child = this.#process(who);
    const at = machineNow();
    child.kill('SIGKILL');
    await exited(child);
    this.reports.push({ at, who, event: 'killed' });
    return at;
  }

  /** SIGTERM, on which the candidate calls `stop()`. Resolves when the process has ended. */
  async stop(who: string): Promise<number> {
    const child = this.#process(who);
    const at = machineNow();
    child.kill('SIGTERM');
    await exited(child);
    return at;
  }

  signal(who: string, signal: NodeJS.Signals): void {
    this.#process(who).kill(signal);
  }

  send(who: string, command: Command): void {
    this.#process(who).send(command);
  }

  /** Which candidates lead by their own last word. */
  leaders(): string[] {
    const last = new Map<string, boolean>();
    for (const { who, event } of this.reports) {
      if (event === 'leads') last.set(who, true);
      if (event === 'leadsNoMore' || event === 'killed') last.set(who, false);
    }
    return [...last].flatMap(([who, leads]) => (leads ? [who] : []));
  }

  /** The first report after `since` of a candidate that it leads. */
  async nextLeader(since: number, withinMs: number): Promise<Report> {
    const found = (): Report | undefined =>
      this.reports.find((report) => report.event === 'leads' && report.at > since);
    return this.waitFor('a new leader', found, withinMs);
  }

  /** Resolves after so many more renewals of a candidate. */
  async renewals(who: string, count: number): Promise<void> {
    const after = machineNow();
    const look = (): true | undefined => {
      const made = this.reports.filter(
        (one) => one.event === 'renewed' && one.who === who && one.at > after,
      );
      return made.length >= count ? true : undefined;
    };
    await this.waitFor(`${count} renewals of ${who}`, look, 60_000);
  }

  /** The first failure that a candidate tells of. */
  failure(): Promise<Extract<Report, { event: 'failed' }>> {
    const look = () => this.reports.find((one) => one.event === 'failed');
    return this.waitFor('a failure', look, 20_000);
  }

  /**
   * Resolves with what `look` finds, asked again at each report.
   *
   * @throws Error with the last reports, when that takes longer than `withinMs`
   */
  async waitFor<T>(what: string, look: () => T | undefined, withinMs: number): Promise<T> {
    const now = look();
    if (now !== undefined) return now;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(watcher);
        const last = this.reports.slice(-25).map((report) => JSON.stringify(report));
        reject(
          new Error(
            `Waited ${withinMs} ms for ${what}. Last reports:\n${last.join('\n')}\n${this.#errors}`,
          ),
        );
      }, withinMs);
      const watcher = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve(found);
      };
      this.#watchers.add(watcher);
    });
  }

  reigns(): Reign[] {
    return reignsOf(this.reports, machineNow());
  }

  overlaps(): Overlap[] {
    return overlapsOf(this.reigns());
  }

  /** What the processes wrote to stderr; nothing, if all is well. */
  get errors(): string {
    return this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.#processes.values()].map(async (child) => {
        child.kill('SIGKILL');
        await exited(child);
      }),
    );
  }

  #process(who: string): ChildProcess {
    const child = this.#processes.get(who);
    if (child === undefined) throw new Error(`There is no candidate ${who}`);
    return child;
  }
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
