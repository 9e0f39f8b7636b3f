import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CliOptions, CliProcess } from './support/cli-process.js';
import { childrenOf, isAlive, until } from './support/processes.js';
import { GUARDED_MS, RunStage } from './support/run-stage.js';

const SECRET = 'marked-secret-token';

describe.runIf(process.platform === 'linux')('run', () => {
  let on: RunStage;

  beforeAll(async () => {
    on = await RunStage.set({ tokens: { [SECRET]: 'me' } });
  });

  afterEach(() => {
    on.clear();
    on.server.faults.clear();
  });

  afterAll(() => on[Symbol.asyncDispose]());

  const lockName = (): string => `run-${randomUUID().slice(0, 8)}`;

  const start = (args: readonly string[], options?: CliOptions): CliProcess =>
    on.start(args, options);

  const shell = (script: string, ...flags: string[]): CliProcess =>
    start(['--lease', lockName(), ...flags, '--', 'sh', '-c', script]);

  /** The id that the command prints of itself. */
  const commandPid = async (run: CliProcess): Promise<number> => {
    await until('the id of the command', () => run.stdout.includes('\n'));
    const pid = Number(run.stdout.split('\n')[0]);
    expect(isAlive(pid)).toBe(true);
    return pid;
  };

  const holderOf = (name: string): unknown => on.holderOf(name);

  describe('exits as its command does', () => {
    it.each([
      ['with its code', 'exit 7', 7],
      ['with 0', 'true', 0],
      ['with 128 and the number of the signal that ended it', 'kill -USR2 $$', 140],
      ['and of SIGKILL', 'kill -KILL $$', 137],
    ])('%s', async (_what, script, code) => {
      const run = shell(script);
      expect(await run.exitCode).toBe(code);
      expect(run.stdout).toBe('');
    });

    it.each([
      ['127 when there is no such command', 'no-such-command', 127],
      ['126 when it is not executable', 'data', 126],
    ])('with %s, before it competes', async (_what, file, code) => {
      writeFileSync(join(on.directory, 'data'), 'no program');
      const name = lockName();
      const command = file === 'data' ? join(on.directory, file) : file;
      expect(await start(['--lease', name, '--', command]).exitCode).toBe(code);
      expect(holderOf(name)).toBeUndefined();
    });

    it('with 127 when it cannot be started after all, and the lock is given back', async () => {
      const file = join(on.directory, 'program');
      writeFileSync(file, '#!/nonexistent/interpreter\n', { mode: 0o755 });
      const name = lockName();
      expect(await start(['--lease', name, '--', file]).exitCode).toBe(127);
      expect(holderOf(name)).toBe('');
    });
  });

  it('asks for its own pod with --pod-evidence, and leads without an answer', async () => {
    const env = { POD_NAME: 'pod-7', POD_UID: '7b3f2c1e-0000-4000-8000-000000000001' };
    const run = start(['--lease', lockName(), '--pod-evidence', '--', 'sleep', '2'], { env });
    expect(await run.exitCode).toBe(0);
    expect(run.stderr).toContain('pod-7');
    expect(run.stderr).toContain('wait for its lease if it dies');
  });

  it('gives the command its arguments, stdin, stdout, fencing token and identity', async () => {
    const name = lockName();
    const script =
      'echo "$LEADER_ELECTION_IDENTITY $LEADER_ELECTION_NAMESPACE $LEADER_ELECTION_LOCK_KIND $LEADER_ELECTION_LOCK_NAME $1 $2"; echo "$LEADER_ELECTION_FENCING_TOKEN"';
    const run = start([
      '--lease',
      name,
      '--identity',
      'ann',
      '--',
      'sh',
      '-c',
      script,
      'sh',
      '--json',
      'b c',
    ]);
    expect(await run.exitCode).toBe(0);
    const [first, token] = run.stdout.split('\n');
    expect(first).toBe(`ann default lease ${name} --json b c`);
    expect(token).toMatch(/^\d+$/);
    expect(run.stderr).toContain(`fencingToken=${token}`);
    expect(run.stderr).toContain(`Competing as=ann for=Lease default/${name}`);
  });

  it('takes its flags from variables, and logs JSON', async () => {
    const name = lockName();
    const env = { K8S_LEADER_ELECTION_LEASE: name, K8S_LEADER_ELECTION_JSON: 'true' };
    const run = start(['--', 'true'], { env });
    expect(await run.exitCode).toBe(0);
    const lines = run.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string });
    expect(lines.map(({ message }) => message)).toContain('Leading');
  });

  it('competes for a ConfigMap', async () => {
    const name = lockName();
    const run = start(['--lock', 'configmap', '--name', name, '--', 'true']);
    expect(await run.exitCode).toBe(0);
    expect(
      on.server.store.get({ resource: 'configmaps', namespace: 'default', name }),
    ).toBeDefined();
  });

  describe('a signal', () => {
    it.each(['SIGTERM', 'SIGINT'] as const)(
      '%s is passed on once, the command ends in its own way, and the lock is given back',
      async (signal) => {
        const name = lockName();
        const run = start([
          '--lease',
          name,
          '--',
          'sh',
          '-c',
          `trap 'echo caught; exit 5' ${signal.slice(3)}; echo up; while :; do sleep 0.05; done`,
        ]);
        await run.printed('up');
        run.kill(signal);
        expect(await run.exitCode).toBe(5);
        expect(run.stdout).toBe('up\ncaught\n');
        expect(holderOf(name)).toBe('');
      },
    );

    it('SIGHUP is passed on, and the leadership goes on', async () => {
      const run = shell(
        "trap 'echo reloaded' HUP; trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done",
      );
      await run.printed('up');
      run.kill('SIGHUP');
      await run.printed('reloaded');
      run.kill('SIGTERM');
      expect(await run.exitCode).toBe(0);
    });

    it('to a command that ignores it is followed by SIGKILL when the grace period is over', async () => {
      const run = shell("trap '' TERM; echo up; while :; do sleep 0.05; done", '--grace', '0.5');
      await run.printed('up');
      run.kill('SIGTERM');
      expect(await run.exitCode).toBe(137);
      expect(run.stderr).toContain('had not ended in time and was killed');
    });
  });

  describe('nothing is left behind', () => {
    it('of what the command had started, when it has ended', async () => {
      const file = join(on.directory, 'survivor');
      const survivor = `trap "" TERM; echo $$ > ${file}; while :; do sleep 0.05; done`;
      const script = `sh -c '${survivor}' & while [ ! -s ${file} ]; do sleep 0.05; done; exit 3`;
      const run = shell(script, '--grace', '0.5');
      expect(await run.exitCode).toBe(3);
      const pid = Number(readFileSync(file, 'utf8'));
      expect(pid).toBeGreaterThan(1);
      expect(isAlive(pid)).toBe(false);
    });

    it.each(['SIGKILL', 'SIGSTOP'] as const)(
      'when run gets %s: the command is ended by the guard, before the lease is over',
      async (signal) => {
        const run = shell('echo $$; while :; do sleep 0.05; done');
        const pid = await commandPid(run);
        const [guard] = childrenOf(run.pid);
        run.kill(signal);
        await until('the end of the command', () => !isAlive(pid), GUARDED_MS);
        await until('the end of the guard', () => !isAlive(guard!.pid));
      },
    );
  });

  describe('when the leadership is lost', () => {
    const loop = 'echo up; while :; do sleep 0.05; done';

    it('the command is told to end; one that calls that a success does not pass for done', async () => {
      const run = shell(`trap 'exit 0' TERM; ${loop}`);
      await run.printed('up');
      on.server.faults.add({ fault: { kind: 'hang' } });
      expect(await run.exitCode).toBe(75);
    });

    it('to another by force, it is killed at once', async () => {
      const name = lockName();
      const run = start(['--lease', name, '--', 'sh', '-c', `trap '' TERM; ${loop}`]);
      await run.printed('up');
      const lease = on.server.store.get({ resource: 'leases', namespace: 'default', name })!;
      on.server.store.put({
        kind: 'Lease',
        metadata: { name, namespace: 'default' },
        spec: { ...(lease['spec'] as object), holderIdentity: 'usurper' },
      });
      expect(await run.exitCode).toBe(137);
      expect(run.stderr).toContain('reason=superseded');
    });

    it('with --restart, it competes again', async () => {
      const run = shell(`trap 'exit 0' TERM; ${loop}`, '--restart');
      await run.printed('up');
      const heal = on.server.faults.add({ fault: { kind: 'hang' } });
      await run.printed('Competes again');
      heal();
      await until('a second start', () => run.stdout === 'up\nup\n');
      run.kill('SIGTERM');
      expect(await run.exitCode).toBe(0);
      // It does go on, and has no options of the library.
      expect(run.stderr).not.toMatch(/no part|onLost/);
    });
  });

  describe('over HTTP', () => {
    const url = async (run: CliProcess): Promise<string> => {
      await run.printed('http=');
      return /http=(\S+)/.exec(run.stderr)![1]!;
    };
    const get = async (address: string) => {
      const response = await fetch(address);
      return { status: response.status, text: await response.text() };
    };

    it('tells who leads, as the leader-elector sidecar did, without any command', async () => {
      const name = lockName();
      const first = start(['--lease', name, '--identity', 'ann', '--http', '127.0.0.1:0']);
      const at = await url(first);
      await until('a leader', async () => (await get(at)).text === '{"name":"ann"}');
      const second = start(['--lease', name, '--identity', 'ben', '--http', '127.0.0.1:0']);
      const atSecond = await url(second);
      await until(
        'the second to know',
        async () => (await get(atSecond)).text === '{"name":"ann"}',
      );
      expect(await get(`${atSecond}/healthz`)).toEqual({ status: 200, text: 'ok\n' });
      expect((await get(`${atSecond}/readyz`)).status).toBe(200);
      expect((await get(`${at}/nowhere`)).status).toBe(404);
      expect((await fetch(at, { method: 'POST', body: 'x' })).status).toBe(405);
      const metrics = (await get(`${at}/metrics`)).text;
      expect(metrics).toContain(`leader_election_master_status{name="${name}"} 1\n`);
      expect((await get(`${atSecond}/metrics`)).text).toContain(`_status{name="${name}"} 0\n`);
      expect(metrics).not.toContain(SECRET);
      first.kill('SIGTERM');
      expect(await first.exitCode).toBe(0);
      await until(
        'the second to lead',
        async () => (await get(atSecond)).text === '{"name":"ben"}',
      );
    });

    it('is not ready before the lock was read', async () => {
      on.server.faults.add({ fault: { kind: 'hang' } });
      const run = start(['--lease', lockName(), '--http', '127.0.0.1:0']);
      const at = await url(run);
      expect((await get(`${at}/readyz`)).status).toBe(503);
      expect((await get(`${at}/healthz`)).status).toBe(200);
    });

    it('a port that is taken ends it with 125 before it competes', async () => {
      const first = start(['--lease', lockName(), '--http', '127.0.0.1:0']);
      const taken = new URL(await url(first)).host;
      const name = lockName();
      const second = start(['--lease', name, '--http', taken, '--', 'true']);
      expect(await second.exitCode).toBe(125);
      expect(second.stderr).toContain('EADDRINUSE');
      expect(holderOf(name)).toBeUndefined();
    });
  });

  it('never prints the token', async () => {
    on.server.deny({ name: 'forbidden' });
    const run = start(['--lease', 'forbidden', '--json', '--', 'true']);
    await run.printed('is missing the verb');
    run.kill('SIGINT');
    expect(await run.exitCode).toBe(130);
    expect(run.stdout + run.stderr).not.toContain(SECRET);
  });

  it('and its parts are not for people to start', () => {
    const { status } = spawnSync(process.execPath, [on.cli.script, '__guard'], { stdio: 'ignore' });
    expect(status).toBe(2);
  });
});
