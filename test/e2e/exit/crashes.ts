import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { builtProgram } from '../../support/built-program.js';

export const CRASHER = fileURLToPath(new URL('crasher.ts', import.meta.url));
export const ENDS = ['throw', 'rejection', 'exit'] as const;
/** What the others are: `process.exit(7)`, once out of which another handler throws what is caught. */
export type End = (typeof ENDS)[number] | 'exit 7' | 'caught';

export interface CrasherSettings {
  readonly kubeConfigPath: string;
  readonly namespace: string;
  readonly names: readonly string[];
  readonly identity: string;
  readonly kind?: string;
  /** So long may its end be held up; as by default if it is not given. */
  readonly limitMs?: number;
  readonly options?: object;
  /** Its work ends the process as soon as it begins. */
  readonly endOfWork?: End;
  /** Whoever hears of the end asks who leads, and ends the process in a way of his own. */
  readonly meddles?: boolean;
}

export interface Said {
  readonly event: 'watches' | 'leads' | 'last';
  readonly at: number;
  readonly token?: string;
  readonly state?: string | undefined;
}

/** A process with candidates, by what it says. */
export class Crasher {
  readonly #said: Said[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** What its logger and Node have written. */
  errors = '';

  constructor(
    program: string,
    settings: CrasherSettings,
    flags: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ) {
    const args = [...flags, program, JSON.stringify(settings)];
    this.#child = spawn(process.execPath, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    this.#exited = once(this.#child, 'close');
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#said.push(JSON.parse(line) as Said);
    });
    this.#child.stderr!.on('data', (text: Buffer) => (this.errors += text.toString()));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async hears(event: Said['event'], limitMs = 60_000): Promise<Said> {
    const until = Date.now() + limitMs;
    for (;;) {
      const found = this.#said.find((one) => one.event === event);
      if (found !== undefined) return found;
      if (Date.now() > until) throw new Error(`it never said ${event}: ${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Resolves with its exit code. */
  async end(how: End, renewing = false): Promise<number | null> {
    this.#child.stdin!.write(`${JSON.stringify({ how, renewing })}\n`);
    return this.exited();
  }

  async exited(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

export interface Crash {
  readonly how: End;
  /** From the last line of the process that died to the work of the next leader, in milliseconds. */
  readonly ms: number;
  /** Fencing tokens before and after. */
  readonly tokens: readonly [bigint, bigint];
  readonly exitCode: number | null;
  readonly wasRenewing: boolean;
  readonly wasReleased: boolean;
  readonly errors: string;
}

/** Crashes one leader after the other; a standby waits for each. */
export async function crash(
  ways: readonly End[],
  settings: Omit<CrasherSettings, 'identity'>,
  renewing = false,
): Promise<Crash[]> {
  const program = await builtProgram(CRASHER);
  const started: Crasher[] = [];
  const start = (): Crasher => {
    const identity = String(started.length);
    const crasher = new Crasher(program, { ...settings, identity });
    started.push(crasher);
    return crasher;
  };
  const crashes: Crash[] = [];
  try {
    let leader = start();
    let { token = '0' } = await leader.hears('leads');
    for (const how of ways) {
      const standby = start();
      await standby.hears('watches');
      const exitCode = await leader.end(how, renewing);
      const { at, state } = await leader.hears('last');
      const next = await standby.hears('leads');
      const { errors } = leader;
      crashes.push({
        ...{ how, ms: next.at - at, exitCode, errors },
        tokens: [BigInt(token), BigInt(next.token ?? 0)],
        wasRenewing: state === 'renewing',
        wasReleased: errors.includes('the lock was released'),
      });
      leader = standby;
      token = next.token ?? '0';
    }
  } finally {
    for (const crasher of started) crasher.kill();
  }
  return crashes;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
