import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ROOT } from './markdown.js';

export interface ExampleOptions {
  readonly args?: readonly string[];
  readonly kubeConfigPath: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One example, run as its comment says: as a program that finds the API server by KUBECONFIG. */
export class Example {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #heard = new Set<() => void>();

  /** @param name that of its file in docs/examples */
  constructor(name: string, { args = [], kubeConfigPath, env = {} }: ExampleOptions) {
    const file = `docs/examples/${name}.ts`;
    this.#process = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
      cwd: ROOT,
      env: { ...process.env, KUBECONFIG: kubeConfigPath, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        for (const wake of this.#heard) wake();
      });
    }
  }

  /** Resolves once a line contains this; rejects if the program ends before. */
  async says(text: string): Promise<void> {
    const isSaid = (): boolean => this.lines.some((line) => line.includes(text));
    if (isSaid()) return;
    await new Promise<void>((resolve, reject) => {
      this.#heard.add(() => {
        if (isSaid()) resolve();
      });
      this.#process.once('close', () => {
        const all = this.lines.join('\n');
        if (!isSaid()) reject(new Error(`It ended without saying "${text}":\n${all}`));
      });
    });
  }

  async stop(signal: NodeJS.Signals): Promise<unknown> {
    const closed = once(this.#process, 'close');
    this.#process.kill(signal);
    const [code, killedBy] = (await closed) as [unknown, unknown];
    return code ?? killedBy;
  }

  async end(): Promise<unknown> {
    if (this.#process.exitCode !== null) return this.#process.exitCode;
    const [code] = (await once(this.#process, 'close')) as [unknown];
    return code;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
