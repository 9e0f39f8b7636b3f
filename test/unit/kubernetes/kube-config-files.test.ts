import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { dumpYaml } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { loadDefaultKubeConfig, type KubeConfigLike } from '../../../src/kubernetes/kube-config.js';
import { loadKubeConfig } from '../../../src/cli/connect.js';
import { failure } from './support/failure.js';
import { base64 } from './support/kube-configs.js';
import { answerWith, startServer, type TestServer } from './support/server.js';

const get = { method: 'GET', path: '/api', subject: 'Lease a/b' } as const;

let server: TestServer;
let directory: string;

beforeEach(async () => {
  server = await startServer(answerWith(200, {}));
  directory = mkdtempSync(join(tmpdir(), 'kube-config-files-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

type Fields = Readonly<Record<string, unknown>>;

interface Parts {
  readonly current?: string;
  readonly cluster?: Fields;
  readonly user?: Fields;
  readonly context?: Fields;
  /** That of cluster, user and context. */
  readonly name?: string;
}

/** A kubeconfig file with one cluster, one user and one context. */
function file(path: string, parts: Parts): string {
  const { current, cluster, user, context, name = 'a' } = parts;
  return write(
    path,
    dumpYaml({
      ...(current === undefined ? {} : { 'current-context': current }),
      clusters: [{ name, cluster: { server: server.url, ...cluster } }],
      users: [{ name, user: user ?? {} }],
      contexts: [{ name, context: { cluster: name, user: name, ...context } }],
    }),
  );
}

function load(...files: string[]): Promise<KubeConfigLike> {
  vi.stubEnv('KUBECONFIG', files.join(delimiter));
  return loadDefaultKubeConfig();
}

/** The headers that a request has with this kubeconfig. */
async function headersOf(kubeConfig: KubeConfigLike): Promise<NodeJS.Dict<string | string[]>> {
  expect((await new ApiClient(kubeConfig).request(get)).status).toBe(200);
  return server.requests.at(-1)?.headers ?? {};
}

describe('several files in KUBECONFIG', () => {
  it.each([
    ['the first current-context', ['one', 'two'], 'one'],
    ['the first file that has a current-context', [undefined, 'two'], 'two'],
    ['one that another file describes', ['two', undefined], 'two'],
  ])('are used with %s', async (_, [first, second], expected) => {
    const kubeConfig = await load(
      file('1', { name: 'one', ...(first === undefined ? {} : { current: first }) }),
      file('2', { name: 'two', ...(second === undefined ? {} : { current: second }) }),
    );

    expect(kubeConfig.getCurrentContext()).toBe(expected);
    expect(kubeConfig.getCurrentCluster()?.name).toBe(expected);
    expect(kubeConfig.getCurrentUser()?.name).toBe(expected);
  });

  it('that describe the same name count in their order', async () => {
    const kubeConfig = await load(
      file('1', { current: 'a', user: { token: 'first' }, context: { namespace: 'first' } }),
      file('2', {
        user: { token: 'second' },
        context: { namespace: 'second' },
        cluster: { server: 'http://127.0.0.1:1' },
      }),
    );

    expect(kubeConfig.getContextObject('a')?.namespace).toBe('first');
    expect((await headersOf(kubeConfig))['authorization']).toBe('Bearer first');
  });

  it('may be missing or empty as long as one is there', async () => {
    const kubeConfig = await load(
      join(directory, 'missing'),
      write('empty', '# nothing here\n'),
      file('there', { current: 'a', user: { token: 'there' } }),
    );

    expect((await headersOf(kubeConfig))['authorization']).toBe('Bearer there');
  });

  it('that are all missing are named', async () => {
    const first = join(directory, 'one');

    const error = await failure(load(first, join(directory, 'two')));

    expect(error.message).toContain(`ENOENT in open (${first})`);
  });

  it('of which one is no kubeconfig are refused', async () => {
    const good = file('good', { current: 'a' });

    const error = await failure(load(good, write('bad', 'clusters: [{ name: b }]')));

    expect(error.message).toContain('clusters[0].cluster is missing');
  });

  it('are read in the same way by the command line', async () => {
    vi.stubEnv('KUBECONFIG', [file('1', { current: 'a' }), file('2', {})].join(delimiter));

    const kubeConfig = await loadKubeConfig({ kind: 'file', file: null, context: null });

    expect(kubeConfig.getCurrentContext()).toBe('a');
  });
});

describe('paths in a kubeconfig are relative to its own file', () => {
  it('those of the second file, too', async () => {
    const kubeConfig = await load(
      file('first/config', { name: 'other' }),
      file('second/config', {
        current: 'a',
        cluster: { 'certificate-authority': 'ca.crt' },
        user: {
          'client-certificate': 'tls/own.crt',
          'client-key': 'tls/own.key',
          tokenFile: 'token',
          exec: { command: './bin/plugin' },
        },
      }),
    );

    const inSecond = (name: string): string => join(directory, 'second', name);
    expect(kubeConfig.getCurrentCluster()).toMatchObject({ caFile: inSecond('ca.crt') });
    expect(kubeConfig.getCurrentUser()).toMatchObject({
      certFile: inSecond('tls/own.crt'),
      keyFile: inSecond('tls/own.key'),
      tokenFile: inSecond('token'),
      exec: { command: inSecond('bin/plugin') },
    });
  });

  it('a plugin that is a bare name is left to PATH, an absolute one as it is', async () => {
    const commandOf = async (command: string): Promise<unknown> => {
      const path = file(`config-${command.length}`, { current: 'a', user: { exec: { command } } });
      return ((await load(path)).getCurrentUser()?.exec as Fields)['command'];
    };

    expect(await commandOf('aws-iam-authenticator')).toBe('aws-iam-authenticator');
    expect(await commandOf('/usr/bin/plugin')).toBe('/usr/bin/plugin');
  });

  it('a plugin is run from there', async () => {
    write('bin/plugin', `#!/bin/sh\necho '{"status":{"token":"from-plugin"}}'\n`);
    const user = { exec: { command: 'bin/plugin' } };

    expect(
      (await headersOf(await load(file('config', { current: 'a', user }))))['authorization'],
    ).toBe('Bearer from-plugin');
  });

  it('certificate data count before a file', async () => {
    const kubeConfig = await load(
      file('config', {
        current: 'a',
        cluster: { 'certificate-authority': 'none', 'certificate-authority-data': base64('x') },
      }),
    );

    expect(kubeConfig.getCurrentCluster()).toMatchObject({
      caFile: undefined,
      caData: base64('x'),
    });
  });
});

describe('a user of a kubeconfig', () => {
  const withUser = (user: Fields): Promise<KubeConfigLike> =>
    load(file('config', { current: 'a', user }));

  it.each<[situation: string, user: Fields, written: string | null, expected: string]>([
    ['a token file', { tokenFile: 'token' }, 'of-file\n', 'Bearer of-file'],
    ['a token file and a token', { tokenFile: 'token', token: 't' }, 'of-file', 'Bearer of-file'],
    ['a token file that is missing and a token', { tokenFile: 'no', token: 't' }, null, 'Bearer t'],
    ['an empty token file and a token', { tokenFile: 'token', token: 't' }, ' \n', 'Bearer t'],
  ])('may have %s', async (_, user, written, expected) => {
    if (written !== null) write('token', written);

    expect((await headersOf(await withUser(user)))['authorization']).toBe(expected);
  });

  it.each([
    ['missing', null, /could not be read: ENOENT in open \(.*token\)/],
    ['empty', '\n', /could not be read: the token file ".*token" is empty/],
  ])('whose token file is %s sends nothing', async (_, written, expected) => {
    if (written !== null) write('token', written);

    const error = await failure(new ApiClient(await withUser({ tokenFile: 'token' })).request(get));

    expect(error.kind).toBe('credentials');
    expect(error.message).toMatch(expected);
    expect(server.requests).toEqual([]);
  });

  it('may act as somebody, with groups, a uid and more', async () => {
    await headersOf(
      await withUser({
        as: 'ann',
        'as-groups': ['dev', 'on, call'],
        'as-uid': '4711',
        'as-user-extra': { 'example.com/(reason)': ['one', 'two'] },
      }),
    );

    const { rawHeaders } = server.requests.at(-1)!.message;
    const sent = rawHeaders.flatMap((name, at) =>
      name.startsWith('Impersonate-') ? [[name, rawHeaders[at + 1]]] : [],
    );
    expect(sent).toEqual([
      ['Impersonate-User', 'ann'],
      ['Impersonate-Group', 'dev'],
      ['Impersonate-Group', 'on, call'],
      ['Impersonate-Uid', '4711'],
      ['Impersonate-Extra-example.com%2F%28reason%29', 'one'],
      ['Impersonate-Extra-example.com%2F%28reason%29', 'two'],
    ]);
  });

  it('may not have the groups of nobody', async () => {
    const error = await failure(
      new ApiClient(await withUser({ 'as-groups': ['system:masters'] })).request(get),
    );

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain('set `as` beside `as-groups`');
    expect(server.requests).toEqual([]);
  });
});

describe('credential plugins', () => {
  it.each([
    ['nothing about the cluster', {}, undefined],
    [
      'about the cluster where the kubeconfig says so',
      { provideClusterInfo: true },
      { 'certificate-authority-data': base64('PEM'), config: { audience: 'x' } },
    ],
  ])('are told %s, in KUBERNETES_EXEC_INFO', async (_, more, expected) => {
    write('ca.crt', 'PEM');
    write(
      'plugin',
      '#!/bin/sh\necho "{\\"status\\":{\\"token\\":\\"$OWN $(echo "$KUBERNETES_EXEC_INFO" | base64 -w0)\\"}}"\n',
    );
    const apiVersion = 'client.authentication.k8s.io/v1beta1';
    const kubeConfig = await load(
      file('config', {
        current: 'a',
        cluster: {
          'certificate-authority': 'ca.crt',
          extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
        },
        user: {
          exec: { apiVersion, command: './plugin', env: [{ name: 'OWN', value: 'own' }], ...more },
        },
      }),
    );

    const [, own, info] = String((await headersOf(kubeConfig))['authorization']).split(' ');

    expect(own).toBe('own');
    expect(JSON.parse(Buffer.from(info!, 'base64').toString())).toEqual({
      apiVersion,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        ...(expected === undefined ? {} : { cluster: { server: server.url, ...expected } }),
      },
    });
  });

  it('that must ask at a terminal are not run', async () => {
    const user = { exec: { command: 'true', interactiveMode: 'Always' } };

    const error = await failure(
      new ApiClient(await load(file('config', { current: 'a', user }))).request(get),
    );

    expect(error.message).toContain('"true"');
    expect(error.message).toContain('interactiveMode: Always');
  });
});
