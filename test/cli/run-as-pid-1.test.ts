import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CliProcess } from './support/cli-process.js';
import { childrenOf, processes, until } from './support/processes.js';
import { RunStage } from './support/run-stage.js';

/** A process namespace of its own: what it starts is process 1 there, as in a container. */
const OWN_NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const [unshare = '', ...unshareFlags] = OWN_NAMESPACE;
const isPermitted =
  process.platform === 'linux' && spawnSync(unshare, [...unshareFlags, 'true']).status === 0;

if (!isPermitted) console.warn('SKIPPED: run as process 1, since unshare --pid is not permitted');

/*
 * The kernel drops signals for process 1 that it has no handler for, and has no default action for
 * the rest: what is not passed on is lost.
 */
describe.runIf(isPermitted)('run as the first process of a container', () => {
  let on: RunStage;

  beforeAll(async () => {
    on = await RunStage.set();
  });
  afterEach(() => on.clear());
  afterAll(() => on[Symbol.asyncDispose]());

  const start = (lease: string, script: string, ...flags: string[]): CliProcess =>
    on.start(['--lease', lease, ...flags, '--', 'sh', '-c', script], { under: OWN_NAMESPACE });

  /** Process 1, as it is known outside of its namespace. */
  const first = (run: CliProcess): number => {
    const [child] = childrenOf(run.pid);
    if (child === undefined) throw new Error('There is no process in the namespace');
    return child.pid;
  };

  it('is told to end, passes that on, waits, releases, and ends as the command did', async () => {
    const lease = `pid-1-${randomUUID().slice(0, 8)}`;
    const run = start(
      lease,
      `trap 'echo term; exit 9' TERM; echo up; while :; do sleep 0.05; done`,
    );
    await run.printed('up');
    process.kill(first(run), 'SIGTERM');
    expect(await run.exitCode).toBe(9);
    expect(run.stdout).toBe('up\nterm\n');
    expect(on.holderOf(lease)).toBe('');
  });

  it('passes on what does not mean the end, and goes on leading', async () => {
    const lease = `pid-1-${randomUUID().slice(0, 8)}`;
    const run = start(
      lease,
      `trap 'echo hup' HUP; trap 'echo usr' USR1; echo up; while :; do sleep 0.05; done`,
    );
    await run.printed('up');
    process.kill(first(run), 'SIGHUP');
    await run.printed('hup');
    process.kill(first(run), 'SIGUSR1');
    await run.printed('usr');
    expect(on.holderOf(lease)).not.toBe('');
    process.kill(first(run), 'SIGINT');
    expect(await run.exitCode).toBe(130);
  });

  it('kills a command that does not end, and leaves nothing of it', async () => {
    const lease = `pid-1-${randomUUID().slice(0, 8)}`;
    const marker = `sleep 1${Date.now()}`;
    const run = start(lease, `trap '' TERM; ${marker} & echo up; wait; ${marker}`, '--grace', '1');
    await run.printed('up');
    await until('what it starts', () => processes().some(({ args }) => args.trim() === marker));
    process.kill(first(run), 'SIGTERM');
    expect(await run.exitCode).toBe(137);
    expect(processes().filter(({ args }) => args.trim() === marker)).toEqual([]);
    expect(on.holderOf(lease)).toBe('');
  });

  it('ends while it waits for another leader, too', async () => {
    const lease = `pid-1-${randomUUID().slice(0, 8)}`;
    const leader = start(lease, 'echo up; sleep 60');
    await leader.printed('up');
    const run = start(lease, 'echo never');
    await run.printed('Another identity leads');
    process.kill(first(run), 'SIGTERM');
    expect(await run.exitCode).toBe(143);
    expect(run.stdout).toBe('');
    process.kill(first(leader), 'SIGTERM');
    expect(await leader.exitCode).toBe(143);
  });
});
