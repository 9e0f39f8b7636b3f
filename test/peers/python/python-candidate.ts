import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const PROGRAM = fileURLToPath(new URL('told.py', import.meta.url));

export interface PythonSettings {
  readonly kind: 'lease' | 'configmap';
  readonly name: string;
  readonly namespace: string;
  readonly who: string;
  readonly kubeConfigPath: string;
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
  readonly work: 'goes on' | 'returns' | 'raises';
}

/** A process with one candidate of the Python client, far from UTC, and what it has told so far. */
export class PythonCandidate implements AsyncDisposable {
  readonly told: string[] = [];
  #errors = '';
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(python: string, settings: PythonSettings) {
    this.#process = spawn(python, [PROGRAM, JSON.stringify(settings)], {
      env: { ...process.env, TZ: 'America/New_York' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.told.push(line));
    this.#process.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
  }

  /** Resolves once it has told this; rejects after 30 s. */
  async tells(line: string): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.told.includes(line)) return;
        throw new Error(`never told "${line}", but: ${this.told.join(', ')}\n${this.#errors}`);
      },
      { timeout: 30_000, interval: 20 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}
