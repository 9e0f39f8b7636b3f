import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { until } from './processes.js';

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A program that starts it, with its arguments. */
  readonly under?: readonly string[];
  /** How long it may take at most until it has printed what is waited for, in milliseconds. */
  readonly patienceMs?: number;
}

/** One run of the command line, with what it has printed so far. */
export class CliProcess {
  readonly child: ChildProcess;
  /** The shell's view: 128 and the signal's number where a signal ended it. */
  readonly exitCode: Promise<number>;
  stdout = '';
  stderr = '';
  hasEnded = false;
  readonly #patienceMs: number | undefined;

  constructor(
    script: string,
    args: readonly string[],
    { env = {}, cwd, under = [], patienceMs }: CliOptions = {},
  ) {
    this.#patienceMs = patienceMs;
    const [program = process.execPath, ...rest] = [...under, process.execPath, script, ...args];
    this.child = spawn(program, rest, {
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    });
    this.child.stdout?.on('data', (data: Buffer) => (this.stdout += data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.exitCode = once(this.child, 'close').then(([code, signal]) => {
      this.hasEnded = true;
      return (code as number | null) ?? (signal === 'SIGKILL' ? 137 : 999);
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('It could not be started');
    return this.child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves once that is in its output; rejects with the output when it ends without. */
  async printed(text: string, withinMs = this.#patienceMs): Promise<void> {
    await until(
      `"${text}" in the output`,
      () => {
        if (`${this.stdout}${this.stderr}`.includes(text)) return true;
        if (this.hasEnded)
          throw new Error(`Never printed "${text}":\n${this.stdout}${this.stderr}`);
        return false;
      },
      withinMs,
    );
  }
}

/** Runs the command line to its end. */
export async function runCli(
  script: string,
  args: readonly string[],
  options?: CliOptions,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const cli = new CliProcess(script, args, options);
  const code = await cli.exitCode;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
}
