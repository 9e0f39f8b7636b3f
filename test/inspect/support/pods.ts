import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { builtProgram } from '../../support/built-program.js';
import type { Inspector } from '../../../src/inspect.js';

const PROGRAM = fileURLToPath(new URL('./reporting-process.ts', import.meta.url));

/** As a Deployment calls its pods: alike at the beginning, different at the end. */
export const POD_NAMES = ['x2x9z', 'abcde', 'qq7wv', 'm4c8k', 'zt5rd', 'hh2lp'].map(
  (end) => `data-processor-7d4b9c6f5-${end}`,
);

/** Candidates in processes of their own, which report to one live chart. */
export class Pods implements Disposable {
  readonly #processes = new Map<string, ChildProcess>();
  readonly #inspector: Inspector;
  readonly #kubeConfig: string;

  constructor(inspector: Inspector, kubeConfig: string) {
    this.#inspector = inspector;
    this.#kubeConfig = kubeConfig;
  }

  async start(name: string, windsDownMs = 0): Promise<void> {
    const args = [this.#inspector.url, this.#kubeConfig, name, String(windsDownMs)];
    this.#processes.set(name, fork(await builtProgram(PROGRAM), args, { stdio: 'inherit' }));
  }

  kill(name: string): void {
    this.#processes.get(name)?.kill('SIGKILL');
  }

  /** Asks it to stop, as SIGTERM would. */
  stop(name: string): void {
    this.#processes.get(name)?.send('stop');
  }

  [Symbol.dispose](): void {
    for (const child of this.#processes.values()) child.kill('SIGKILL');
  }
}
