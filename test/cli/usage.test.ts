import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { VERSION } from '../../src/kubernetes/version.js';
import { callCli } from './support/call-cli.js';

/** A server that nothing may be asked of. */
let server: Server;
let requests = 0;
let directory: string;
let kubeconfig: string;

beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-usage-'));
  kubeconfig = join(directory, 'config');
  const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'one', cluster }],
    users: [{ name: 'me', user: { token: 'marked-secret-token' } }],
    contexts: [{ name: 'here', context: { cluster: 'one', user: 'me' } }],
    'current-context': 'here',
  });
  writeFileSync(kubeconfig, text);
});

afterEach(() => {
  vi.unstubAllEnvs();
  expect(requests).toBe(0);
});

afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

const COMMANDS = [
  ...['run', 'leader', 'status', 'watch', 'check', 'step-down', 'demo', 'dev-server'],
];

describe('help', () => {
  it('without arguments names every command, as an error', async () => {
    const { code, stderr } = await callCli();
    expect(code).toBe(2);
    for (const command of COMMANDS) expect(stderr).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });

  it.each(COMMANDS)('of %s is there, not too wide, and tells the exit codes', async (command) => {
    const { code, stdout } = await callCli(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes');
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it.each(COMMANDS.filter((command) => !['demo', 'dev-server'].includes(command)))(
    'of %s has the flags that all commands have',
    async (command) => {
      const { stdout } = await callCli(command, '--help');
      const names = ['lease', 'name', 'lock', 'namespace', 'kubeconfig', 'context', 'identity'];
      const timings = ['lease-duration', 'renew-deadline', 'retry-period'];
      for (const name of [...names, ...timings, 'json']) expect(stdout).toContain(`--${name}`);
    },
  );

  it('has the version of the package', async () => {
    expect(await callCli('--version')).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });
});

describe('wrong flags end with 2, before anything is asked of the API server', () => {
  const wrong = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await callCli(...argv, '--kubeconfig', kubeconfig);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    return stderr;
  };

  it('a misspelt one, with what was probably meant', async () => {
    expect(await wrong('status', '--namespce', 'x')).toContain('Did you mean --namespace?');
  });

  it.each([
    ['a command that there is not', ['nonsense'], '', "unknown command 'nonsense'"],
    ['one argument too many', ['status', 'a', 'b'], ' status', 'too many arguments'],
    ['a flag without its value', ['check', '--lock'], ' check', "'--lock <kind>' argument missing"],
  ])('%s, and where to read on', async (_what, argv, command, message) => {
    const { code, stdout, stderr } = await callCli(...argv);
    expect([code, stdout]).toEqual([2, '']);
    const lines = stderr.trim().split('\n');
    expect(lines[0]).toMatch(new RegExp(`^k8s-leader-election${command}: `));
    expect(lines[0]).toContain(message);
    expect(lines.at(-1)).toBe(`See k8s-leader-election${command} --help.`);
  });

  it('a kubeconfig without a context', async () => {
    const empty = join(directory, 'empty');
    writeFileSync(empty, '{}');
    const { code, stderr } = await callCli('status', '--kubeconfig', empty);
    expect(code).toBe(2);
    expect(stderr).toContain(
      `There is no current context in ${empty}: choose one with --context (it has none).`,
    );
  });

  it.each([
    ['status', ['a'], []],
    ['watch', ['a'], []],
    ['check', [], []],
    ['step-down', ['a'], []],
    ['run', ['--lease', 'a'], ['--', 'true', '--unknown-of-the-command']],
  ])('unknown ones of %s together with the other wrong ones', async (command, before, after) => {
    vi.stubEnv('K8S_LEADER_ELECTION_JSON', 'perhaps');
    const argv = [command, ...before, '--namespce', 'x', '--retry-period', 'soon', '--nonsense=1'];
    const { code, stdout, stderr } = await callCli(
      ...argv,
      '--lock',
      'secret',
      '--kubeconfig',
      kubeconfig,
      ...after,
    );
    expect([code, stdout]).toEqual([2, '']);
    const who = `k8s-leader-election ${command}`;
    expect(stderr.trim().split('\n').sort()).toEqual(
      [
        `${who}: K8S_LEADER_ELECTION_JSON must be true or false; received "perhaps"`,
        `${who}: unknown option '--namespce' (Did you mean --namespace?)`,
        `${who}: unknown option '--nonsense'`,
        `${who}: --retry-period must be a number of seconds; received "soon"`,
        `${who}: --lock must be lease or configmap; received "secret"`,
        `See ${who} --help.`,
      ].sort(),
    );
  });

  it('an unknown one beside --help is no hindrance', async () => {
    const { code, stdout } = await callCli('status', '--nonsense', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes');
  });

  it('all of several at once, under the names that the user knows', async () => {
    vi.stubEnv('K8S_LEADER_ELECTION_RENEW_DEADLINE', '20');
    const stderr = await wrong(
      'status',
      'Not_A_Name',
      '--lock',
      'secret',
      '--retry-period',
      'soon',
    );
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines.slice(0, 4).sort()).toEqual([
      expect.stringMatching(/--lease-duration must be .* K8S_\w+_RENEW_DEADLINE \(20\)/),
      expect.stringContaining('--lock must be lease or configmap; received "secret"'),
      expect.stringContaining('--retry-period must be a number of seconds; received "soon"'),
      expect.stringContaining('the name of the lock must be a DNS-1123 subdomain'),
    ]);
    expect(lines[4]).toBe('See k8s-leader-election status --help.');
  });

  it.each([
    ['no name for run', ['run'], '--lease NAME is missing'],
    ['neither a command nor --http', ['run', '--lease', 'a'], 'there is no command to run'],
    [
      'an address without a port',
      ['run', '--lease', 'a', '--http', 'here'],
      '--http must be HOST:PORT',
    ],
    [
      'a port that is none',
      ['run', '--lease', 'a', '--http', ':70000'],
      '--http must be HOST:PORT',
    ],
    ['two names', ['status', 'a', '--lease', 'b'], 'more than one name: "a", "b"'],
    ['an empty context', ['status', '--context='], '--context must not be empty'],
    ['a negative time', ['watch', '--interval', '-1'], '--interval must be a number of seconds'],
    ['no name for leader', ['leader'], 'the name of the lock is missing'],
    ['a name in all namespaces', ['status', 'a', '-A'], '--all-namespaces is for all locks'],
    ['the same for watch', ['watch', 'a', '-A'], '--all-namespaces is for all locks'],
    ...['status', 'watch'].map((command): [string, string[], string] => [
      `one namespace and all of them for ${command}`,
      [command, '-A', '-n', 'x'],
      '--all-namespaces and --namespace contradict each other: give one of them',
    ]),
    ['no name for step-down', ['step-down'], 'the name of the lock is missing'],
    ['an odd account', ['check', '--service-account', 'a b'], '--service-account must be'],
    ['an identity of nothing', ['status', '--identity', 'null'], '--identity must not be the text'],
  ])('%s', async (_what, argv, message) => {
    expect(await wrong(...argv)).toContain(message);
  });

  it('a kubeconfig that is not there', async () => {
    const { code, stderr } = await callCli('status', '--kubeconfig', '/nonexistent/config');
    expect(code).toBe(2);
    expect(stderr).toContain('--kubeconfig "/nonexistent/config" does not exist');
  });

  it('a context that the kubeconfig does not have, without a word of its contents', async () => {
    const stderr = await wrong('status', '--context', 'elsewhere');
    expect(stderr).toContain('There is no context "elsewhere"');
    expect(stderr).not.toContain('marked-secret-token');
  });
});

describe('variables', () => {
  it('stand for flags, and flags win', async () => {
    vi.stubEnv('K8S_LEADER_ELECTION_LOCK', 'nonsense');
    const { stderr } = await callCli('status', 'a', '--kubeconfig', '/nonexistent');
    expect(stderr).toContain('K8S_LEADER_ELECTION_LOCK must be lease or configmap');
    const flag = await callCli('status', 'a', '--kubeconfig', '/nonexistent', '--lock', 'lease');
    expect(flag.stderr).not.toContain('K8S_LEADER_ELECTION_LOCK');
  });

  it('that are empty are none', async () => {
    vi.stubEnv('K8S_LEADER_ELECTION_LOCK', '');
    const { stderr } = await callCli('status', 'a', '--kubeconfig', '/nonexistent');
    expect(stderr).not.toContain('LOCK');
  });

  it('switch things off, too, and have to be one or the other', async () => {
    vi.stubEnv('K8S_LEADER_ELECTION_RESTART', 'maybe');
    const { code, stderr } = await callCli('run', '--lease', 'a', '--', 'true');
    expect(code).toBe(2);
    expect(stderr).toContain('K8S_LEADER_ELECTION_RESTART must be true or false; received "maybe"');
  });
});
