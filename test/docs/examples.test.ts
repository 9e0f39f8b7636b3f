import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../src/testing.js';
import { ROOT } from './support/markdown.js';

/*
 * The examples, run as their comments say: as programs, against an API server that they find by
 * KUBECONFIG.
 */

/** One example program. */
class Program {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #heard = new Set<() => void>();

  constructor(name: string, args: readonly string[], kubeConfigPath: string) {
    const file = `docs/examples/${name}.ts`;
    this.#process = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
      cwd: ROOT,
      env: { ...process.env, KUBECONFIG: kubeConfigPath },
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

describe('the examples', { timeout: 60_000 }, () => {
  let server: EmbeddedApiServer;
  let directory: string;
  let programs: Program[];

  beforeEach(async () => {
    server = await startEmbeddedApiServer({ namespaces: ['production'] });
    directory = await mkdtemp(join(tmpdir(), 'examples-'));
    await writeFile(join(directory, 'config'), server.kubeConfig());
    programs = [];
  });

  afterEach(async () => {
    for (const program of programs) program.kill();
    await server.close();
    await rm(directory, { recursive: true });
  });

  const run = (name: string, ...args: string[]): Program => {
    const program = new Program(name, args, join(directory, 'config'));
    programs.push(program);
    return program;
  };

  const holderOf = (namespace: string, name: string): unknown => {
    const configMap = server.store.get({ resource: 'configmaps', namespace, name });
    const annotation =
      configMap?.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] ?? '{}';
    return (JSON.parse(annotation) as { holderIdentity?: string }).holderIdentity;
  };

  it('basic: one of two leads, and hands over to the other when it is stopped', async () => {
    const first = run('basic', 'instance-1');
    await first.says('Leading as instance-1');
    const second = run('basic', 'instance-2');
    await second.says('The leader is instance-1');
    expect(holderOf('default', 'my-app-lock')).toBe('instance-1');

    expect(await first.stop('SIGTERM')).toBe(0);
    expect(first.lines.slice(-2)).toEqual([
      'Not leading any more (stopped): time to clean up',
      'Ended: stopped, lock released',
    ]);
    await second.says('Leading as instance-2');
    expect(holderOf('default', 'my-app-lock')).toBe('instance-2');

    expect(await second.stop('SIGINT')).toBe(0);
    expect(holderOf('default', 'my-app-lock')).toBe('');
  });

  it('high-availability-service: works while it leads, and gives the lock back', async () => {
    const service = run('high-availability-service');
    await service.says('Performing leader-only tasks...');
    const lock = ['production', 'data-processor-leader-election'] as const;
    expect(holderOf(...lock)).toBe('pod-12345');

    expect(await service.stop('SIGTERM')).toBe(0);
    expect(service.lines).toEqual([
      'data-processor: Became leader, starting operations',
      'Performing leader-only tasks...',
      'data-processor: Lost leadership, stopping operations',
      'data-processor: Ended (stopped), lock released',
    ]);
    expect(holderOf(...lock)).toBe('');
  });

  it('test-model: finds the way to leading without any API server', async () => {
    const model = run('test-model');
    expect(await model.end()).toBe(0);
    expect(model.lines).toContain(
      '{"participating":{"elected":{"deadline":"counting","lease":"leading","work":"running"}}}: xstate.init, start, xstate.done.actor.readLock, xstate.done.actor.claim',
    );
    expect(server.requests).toEqual([]);
  });
});
