import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtProgram } from '../support/built-program.js';
import { findFreePort } from '../support/free-port.js';
import { buildCli, type BuiltCli } from './support/built-cli.js';
import { CliProcess, runCli } from './support/cli-process.js';
import { childrenOf, isAlive, until } from './support/processes.js';

const APP = fileURLToPath(new URL('./support/dev-server-app.ts', import.meta.url));

function killShell(server: CliProcess): void {
  for (const { pid } of childrenOf(server.pid)) process.kill(pid, 'SIGKILL');
}

describe.runIf(process.platform === 'linux')('dev-server', () => {
  const started: CliProcess[] = [];
  let cli: BuiltCli;
  let app: string;
  let directory: string;

  beforeAll(async () => {
    [cli, app] = await Promise.all([buildCli(), builtProgram(APP)]);
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dev-server-test-'));
  });

  afterEach(() => {
    for (const { child } of started.splice(0)) child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });

  afterAll(() => cli.dispose());

  /** Its temporary files are in the directory of the test. */
  const env = () => ({ TMPDIR: directory });

  function start(...args: string[]): CliProcess {
    const process = new CliProcess(cli.script, ['dev-server', ...args], { env: env() });
    started.push(process);
    return process;
  }

  const run = (...args: string[]) => runCli(cli.script, ['dev-server', ...args], { env: env() });

  it('runs a service twice, without a word on kubeconfigs in it: one of the two leads', async () => {
    const both = start('--', 'sh', '-c', `node ${app} ada & node ${app} ben & wait`);
    await until('one leads', () => both.stdout.includes(' leads'));
    await until('the other one sees it', () => /(ada|ben) sees (ada|ben)/.test(both.stdout));

    const [leader = ''] = /(?:ada|ben)(?= leads)/.exec(both.stdout) ?? [];
    const other = leader === 'ada' ? 'ben' : 'ada';
    expect(both.stdout).toContain(`${other} sees ${leader}`);
    expect(both.stdout).not.toContain(`${other} leads`);
    const [, pid = ''] = new RegExp(`${leader} is (\\d+)`).exec(both.stdout) ?? [];
    process.kill(Number(pid), 'SIGTERM');
    await until('the other one takes over', () => both.stdout.includes(`${other} leads`));
    const [, last = ''] = new RegExp(`${other} is (\\d+)`).exec(both.stdout) ?? [];
    process.kill(Number(last), 'SIGTERM');

    expect(await both.exitCode).toBe(0);
    expect(both.stderr).toContain('For development only');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['its exit code', 'exit 7', 7],
    ['128 and the number of the signal that ended it', 'kill -KILL $$', 137],
  ])('ends as its command ends: with %s', async (_, script, code) => {
    expect((await run('--', 'sh', '-c', script)).code).toBe(code);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('says so where there is no such command', async () => {
    const { code, stderr } = await run('--', 'no-such-command');
    expect(code).toBe(127);
    expect(stderr).toContain('There is no such command: no-such-command');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const)('passes on %s', async (signal) => {
    const script = `process.on('${signal}', () => process.exit(9)); setInterval(() => 0, 1000); console.log('up')`;
    const waiting = start('--', 'node', '-e', script);
    await waiting.printed('up\n');
    waiting.kill(signal);

    expect(await waiting.exitCode).toBe(9);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['it is told to', (server: CliProcess) => server.kill('SIGTERM'), 143],
    ['its command does, and leaves them behind', killShell, 137],
  ])('ends all that its command has started when %s', async (_, end, code) => {
    const both = start('--', 'sh', '-c', `node ${app} ada & node ${app} ben & wait`);
    await until('one leads', () => both.stdout.includes(' leads'));
    const pids = [...both.stdout.matchAll(/ is (\d+)/g)].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(2);

    end(both);

    expect(await both.exitCode).toBe(code);
    expect(pids.filter(isAlive)).toEqual([]);
    // Its server was there until they had ended, so that they could give the lock back.
    expect(both.stdout.match(/ ends: \w+/g)).toEqual([' ends: stopped', ' ends: stopped']);
    expect(both.stderr).not.toContain('ECONNREFUSED');
  });

  it.each([[[]], [['--', 'sleep', '60']]])(
    'takes its file away when it is told to end before it has started anything: %j',
    async (command) => {
      for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const) {
        const early = start(...command);
        // At the first sign of it, which is before it has a command to pass signals on to.
        while (readdirSync(directory).length === 0) await new Promise(setImmediate);
        early.kill(signal);
        const number = constants.signals[signal];
        expect(await early.exitCode).toBe(command.length === 0 ? 0 : 128 + number);
        expect(readdirSync(directory)).toEqual([]);
      }
    },
  );

  it('alone prints the line for a shell, and takes its file away at the end', async () => {
    const file = join(directory, "Ada's config");
    const port = String(await findFreePort());
    const server = start('--port', port, '--kubeconfig', file, '-n', 'production');
    await server.printed('one works, the other one waits.');

    expect(server.stdout).toBe(`export KUBECONFIG='${file.replace("'", "'\\''")}'\n`);
    expect(server.stderr).toContain(`http://127.0.0.1:${port}.`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const listed = await runCli(cli.script, ['status', 'example'], { env: { KUBECONFIG: file } });
    expect(listed.stdout).toContain('Lease production/example');
    const [, token = 'none'] = /token: "(\w+)"/.exec(readFileSync(file, 'utf8')) ?? [];
    expect(token).toHaveLength(32);
    expect(server.stderr).not.toContain(token);
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/namespaces`)).status).toBe(403);

    server.kill('SIGINT');
    expect(await server.exitCode).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('replaces no file of anybody else, and starts nothing then', async () => {
    const file = join(directory, 'config');
    writeFileSync(file, 'kind: Config\n');

    const { code, stdout, stderr } = await run('--kubeconfig', file, '--', 'echo', 'started');

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`--kubeconfig "${file}" is there already, and is not replaced.`);
    expect(readFileSync(file, 'utf8')).toBe('kind: Config\n');
  });

  it('replaces one that it left behind when it was killed', async () => {
    const file = join(directory, 'config');
    const killed = start('--kubeconfig', file);
    await killed.printed('export KUBECONFIG');
    killed.kill('SIGKILL');
    await killed.exitCode;
    const before = readFileSync(file, 'utf8');

    const { code, stdout } = await run('--kubeconfig', file, '--', 'cat', file);

    expect(code).toBe(0);
    expect(stdout).not.toBe(before);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    [['--port', 'many'], 2, '--port must be a number from 0 to 65535; received "many"'],
    [['-n', 'No!'], 2, '--namespace must be a DNS-1123 label'],
    [['--kubeconfig', '/no/such/dir/config', '--', 'true'], 2, 'cannot be written (ENOENT)'],
  ])('%j ends with %s', async (args, code, message) => {
    const ended = await run(...args);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(message);
  });

  it('says so where its port is taken', async () => {
    const port = String(await findFreePort());
    const first = start('--port', port);
    await first.printed('export KUBECONFIG');

    const { code, stderr } = await run('--port', port, '--', 'true');

    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port} cannot be listened on (EADDRINUSE).`);
  });
});
