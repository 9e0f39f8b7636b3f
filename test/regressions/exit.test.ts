import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../src/testing.js';

const PROGRAM = fileURLToPath(new URL('support/program.ts', import.meta.url));

/**
 * Less than any of the program's delays (lease 60 s, deadline 30 s, retry period 15 s), one of which
 * would have to hold it up; and more than a busy machine takes to end a process.
 */
const PROMPTLY_MS = 8_000;

/** All that is asked, of which a program tells last. */
const API = 'http://127.0.0.1';

/** How a program ended that has the library's timers and connections in it. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  /** From the last line that it said to its end. */
  readonly lingeredMs: number;
}

let server: EmbeddedApiServer;
let directory: string;

beforeEach(async () => {
  server = await startEmbeddedApiServer();
  directory = await mkdtemp(join(tmpdir(), 'exit-'));
  await writeFile(join(directory, 'config'), server.kubeConfig());
});

afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function run(mode: string, when: string | null, kill?: NodeJS.Signals): Promise<End> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, mode], {
    env: { ...process.env, KUBECONFIG: join(directory, 'config') },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 40_000,
    killSignal: 'SIGKILL',
  });
  const lines: string[] = [];
  let lastMs = performance.now();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    lastMs = performance.now();
    if (line === when && kill !== undefined) child.kill(kill);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, lines, lingeredMs: performance.now() - lastMs };
}

describe('a program that holds an election', { timeout: 60_000 }, () => {
  it('ends when it is stopped while it leads: no timer, connection or listener keeps it', async () => {
    const end = await run('stops on SIGTERM', 'leading', 'SIGTERM');
    expect(end).toMatchObject({ code: 0, signal: null, lines: ['leading', 'released', API] });
    expect(end.lingeredMs).toBeLessThan(PROMPTLY_MS);
  });

  it('ends when it is stopped while it waits', async () => {
    const now = new Date().toISOString().replace('Z', '000Z');
    server.store.put({
      kind: 'Lease',
      metadata: { name: 'job' },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 60, acquireTime: now, renewTime: now },
    });
    const end = await run('stops on SIGTERM', 'waiting', 'SIGTERM');
    expect(end).toMatchObject({ code: 0, signal: null, lines: ['waiting', 'not released', API] });
    expect(end.lingeredMs).toBeLessThan(PROMPTLY_MS);
  });

  it('is ended by SIGTERM as any program is when it listens to none itself', async () => {
    const end = await run('listens to nothing', 'leading', 'SIGTERM');
    expect(end).toMatchObject({ code: null, signal: 'SIGTERM', lines: ['leading'] });
  });

  it('and never begins it ends by itself, without a request', async () => {
    const end = await run('constructs', null);
    expect(end).toMatchObject({ code: 0, signal: null, lines: ['constructed'] });
    expect(end.lingeredMs).toBeLessThan(PROMPTLY_MS);
    expect(server.requests).toEqual([]);
  });
});
