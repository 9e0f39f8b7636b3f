import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ROOT } from '../../docs/support/markdown.js';

export const ENDS = ['throw', 'rejection', 'exit'] as const;
export type End = (typeof ENDS)[number];

interface Said {
  readonly event: 'leads' | 'renewed' | 'last' | 'exit';
  readonly at: number;
  readonly token?: string;
  readonly leads?: boolean;
}

/** As users have it, without a compiler in between, which takes its time over the trace of an exception. */
const BUILT = process.env['CRASH_BUILT'] === '1';

/** A process with a candidate, by what it says. */
class Candidate {
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  errors = '';

  constructor(
    readonly identity: string,
    { kubeConfigPath, ...what }: CrashOptions,
  ) {
    const given = JSON.stringify({ ...what, identity });
    this.#child = spawn(
      process.execPath,
      [...(BUILT ? [] : ['--import', 'tsx']), 'test/package/consumers/crasher.mjs', given],
      { cwd: ROOT, env: { ...process.env, KUBECONFIG: kubeConfigPath }, stdio: 'pipe' },
    );
    this.#exited = once(this.#child, 'close');
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.said.push(JSON.parse(line) as Said);
    });
    this.#child.stderr!.on('data', (text: Buffer) => (this.errors += text.toString()));
  }

  async hears(event: Said['event'], limitMs = 30_000): Promise<Said> {
    const until = Date.now() + limitMs;
    for (;;) {
      const found = this.said.find((one) => one.event === event);
      if (found !== undefined) return found;
      if (Date.now() > until)
        throw new Error(`${this.identity} never said ${event}: ${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async end(how: End, renewing: boolean): Promise<Said> {
    this.#child.stdin!.write(`${JSON.stringify({ how, renewing })}\n`);
    const last = await this.hears('last');
    await this.#exited;
    return last;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

export interface CrashOptions {
  readonly kubeConfigPath: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'lease' | 'configmap';
  readonly options?: object;
}

export interface Crash {
  readonly how: End;
  /** From the last line of the process that died to the work of the next leader, in milliseconds. */
  readonly ms: number;
  /** Fencing tokens before and after. */
  readonly tokens: readonly [bigint, bigint];
  /** What `isLeader()` said in an exit handler. */
  readonly ledAtExit: boolean | undefined;
  readonly errors: string;
}

/** Crashes one leader after the other; a standby waits for each. */
export async function crash(
  ways: readonly End[],
  options: CrashOptions,
  renewing = false,
): Promise<Crash[]> {
  const crashes: Crash[] = [];
  let leader = new Candidate('0', options);
  try {
    await leader.hears('leads');
    for (const [index, how] of ways.entries()) {
      const standby = new Candidate(String(index + 1), options);
      try {
        // It waits once it has connected, which a renewal of the leader's proves nothing about.
        await new Promise((resolve) => setTimeout(resolve, STARTS_MS));
        const { at, token = '0' } = {
          ...(await leader.hears('leads')),
          ...(await leader.end(how, renewing)),
        };
        const next = await standby.hears('leads', 40_000);
        const exit = await leader.hears('exit');
        crashes.push({
          how,
          ms: next.at - at,
          tokens: [BigInt(token), BigInt(next.token ?? 0)],
          ledAtExit: exit.leads,
          errors: leader.errors,
        });
        leader = standby;
      } catch (error) {
        standby.kill();
        throw error;
      }
    }
  } finally {
    leader.kill();
  }
  return crashes;
}

/** Until a process has started and its watch is open. */
const STARTS_MS = Number(process.env['CRASH_STARTS_MS'] ?? 3_000);

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
