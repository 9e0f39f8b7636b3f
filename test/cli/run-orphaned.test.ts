import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CliProcess } from './support/cli-process.js';
import { isAlive, processes, until } from './support/processes.js';
import { RunStage } from './support/run-stage.js';

/** A shell that waits for what it has started, as that of npm does. */
const SHELL = ['sh', '-c', '"$@"; exit $?', 'sh'];

describe.runIf(process.platform === 'linux')('run whose parent is gone', () => {
  let on: RunStage;
  const leases: string[] = [];

  beforeAll(async () => {
    on = await RunStage.set();
  });
  afterEach(() => {
    on.clear();
    for (const lease of leases.splice(0)) {
      for (const { pid } of ofLease(lease)) process.kill(pid, 'SIGKILL');
    }
  });
  afterAll(() => on[Symbol.asyncDispose]());

  const ofLease = (lease: string) => processes().filter(({ args }) => args.includes(lease));
  const loop = `trap 'echo term; exit 3' TERM; echo $$; while :; do sleep 0.05; done`;

  async function start(
    under: readonly string[],
    flags: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ lease: string; run: CliProcess; command: number }> {
    const lease = `orphan-${randomUUID().slice(0, 8)}`;
    leases.push(lease);
    const args = ['--lease', lease, ...flags, '--', 'sh', '-c', loop];
    const run = on.start(args, { under, env });
    await until('the id of the command', () => run.stdout.includes('\n'));
    return { lease, run, command: Number(run.stdout.split('\n')[0]) };
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s ends its command in good order and gives the lock back',
    async (signal) => {
      const { lease, run, command } = await start(SHELL, []);
      run.kill(signal);
      await until('the release', () => on.holderOf(lease) === '');
      expect(isAlive(command)).toBe(false);
      expect(run.stdout).toBe(`${command}\nterm\n`);
      await run.exitCode;
      expect(run.stderr).toContain('The process that started this one is gone');
      expect(ofLease(lease)).toEqual([]);
    },
  );

  it('does so, too, when it is npx that is gone, and the shell in between is not', async () => {
    const under = ['sh', '-c', `sh -c '"$@"; exit $?' sh "$@"; exit $?`, 'npx'];
    const { lease, run, command } = await start(under, [], { npm_lifecycle_event: 'npx' });
    run.kill('SIGKILL');
    await until('the release', () => on.holderOf(lease) === '');
    expect(isAlive(command)).toBe(false);
    await run.exitCode;
  });

  it('leads on with --outlive-parent, until a signal ends it', async () => {
    const { lease, run, command } = await start(SHELL, ['--outlive-parent']);
    const child = processes().find(({ parent }) => parent === run.pid)!;
    const holder = on.holderOf(lease);
    const renewals = (): number =>
      on.server.requests.filter(({ name, method }) => name === lease && method === 'PUT').length;
    run.kill('SIGKILL');
    await until('another parent', () =>
      processes().some(({ pid, parent }) => pid === child.pid && parent !== run.pid),
    );
    // Twice as long as it takes to be missed.
    const before = renewals();
    await until('three renewals', () => renewals() >= before + 3);
    expect(on.holderOf(lease)).toBe(holder);
    expect(isAlive(command)).toBe(true);
    process.kill(child.pid, 'SIGTERM');
    await until('the release', () => on.holderOf(lease) === '');
    await run.exitCode;
  });
});
