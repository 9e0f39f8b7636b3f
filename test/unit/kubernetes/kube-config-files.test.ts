import { delimiter } from 'node:path';
import { dumpYaml, KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  defaultNamespace,
  loadDefaultKubeConfig,
  type KubeConfigLike,
} from '../../../src/kubernetes/kube-config.js';
import { loadKubeConfig } from '../../../src/cli/connect.js';
import { LockError } from '../../../src/errors/lock-error.js';
import { ask, failureOf } from './support/asking.js';
import { failure } from './support/failure.js';
import { folderOfEachTest } from './support/folder.js';
import { base64, kubeConfig } from './support/kube-configs.js';
import { answerWith, serversOfEachTest, type TestServer } from './support/server.js';
import { everythingShown } from './support/show.js';

const folder = folderOfEachTest();
const start = serversOfEachTest();
let server: TestServer;

beforeEach(async () => {
  server = await start(answerWith(200, {}));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

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
  return folder.write(
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

const withUser = (user: Fields): Promise<KubeConfigLike> =>
  load(file('config', { current: 'a', user }));

/** The credentials that a request has with this kubeconfig. */
async function authorizationBy(config: KubeConfigLike): Promise<string> {
  expect((await ask(config)).status).toBe(200);
  return String(server.authorizations().at(-1));
}

describe('the default kubeconfig', () => {
  it('is loaded once for all, and looked for again after it could not be read', async () => {
    const path = folder.pathOf('config');
    const error = await failure(load(path));
    expect(error.kind).toBe('credentials');
    expect(error.message).toContain(
      `(KUBECONFIG=${path}) cannot be used: this file does not exist.`,
    );

    const first = await load(file('config', { current: 'a' }));

    expect(first.getCurrentCluster()?.server).toBe(server.url);
    expect(await loadDefaultKubeConfig()).toBe(first);
  });

  it('is refused with the sentence of the module that could not be loaded', async () => {
    vi.stubEnv('KUBECONFIG', file('config', { current: 'a' }));
    const why = new LockError('install this', { kind: 'credentials' });
    const loading = loadDefaultKubeConfig({ loadModule: () => Promise.reject(why) });
    expect(await failure(loading)).toBe(why);
  });

  it('that is not valid is reported by its line, never by its text', async () => {
    const error = await failure(load(folder.write('config', 'users:\n  - token: "marked-secret')));

    expect(error.message).toMatch(/not valid YAML in line \d+/);
    expect(everythingShown(error)).not.toContain('marked-secret');
  });
});

describe('what is wrong with a kubeconfig is said alike by library and command line', () => {
  const broken = (): string => folder.write('broken', 'users:\n  - token: "marked-secret');
  const good = (): string => file('good', { current: 'a' });

  it.each<[files: () => string[], why: (paths: string[]) => string]>([
    [() => [good(), broken()], ([, path]) => `${path}: not valid YAML in line 3`],
    [() => [good(), folder.path], ([, path]) => `${path}: it cannot be read (EISDIR).`],
    [() => ['/none/a', '/none/b'], () => 'none of these files exists.'],
    [
      () => [file('dangling', { current: 'a', context: { cluster: 'prod' } })],
      () => 'its context "a" names the cluster "prod", which is not in it.',
    ],
  ])('and names the files and what is missing: %#', async (files, why) => {
    const paths = files();
    const text = `(KUBECONFIG=${paths.join(delimiter)}) cannot be used: ${why(paths)}`;

    const { message } = await failure(load(...paths));

    expect(message).toContain(`The default kubeconfig ${text}`);
    const byCommand = loadKubeConfig({ kind: 'file', file: null, context: null });
    await expect(byCommand).rejects.toThrow(`The default kubeconfig ${text}`);
  });

  it('of one without a current context that was made in a program, too', async () => {
    expect((await failureOf(new KubeConfig())).message).toContain(
      'the kubeconfig cannot be used: it has no current context (set current-context).',
    );
  });
});

describe('the default namespace', () => {
  const inContext = (namespace?: string) => kubeConfig({ server: 'http://x' }, {}, { namespace });

  it.each([
    ['the context', 'the context and the pod', 'staging', 'ci-runners\n', 'staging'],
    ['the context', 'the context alone', ' staging\n', null, 'staging'],
    ['the pod', 'the pod alone', undefined, 'ci-runners\n', 'ci-runners'],
    ['the pod', 'the pod, and the context an empty one', '', 'ci-runners', 'ci-runners'],
    ['nobody', 'nobody', undefined, null, 'default'],
    ['nobody', 'nobody, and both are blank', ' ', '\n', 'default'],
  ])('is that of %s where it is named by %s', async (_, __, ofContext, ofPod, expected) => {
    const path = ofPod === null ? folder.pathOf('none') : folder.write('namespace', ofPod);

    expect(await defaultNamespace(inContext(ofContext), path)).toBe(expected);
  });

  it("is the pod's for the service account", async () => {
    const config = new KubeConfig();
    const path = 'var/run/secrets/kubernetes.io/serviceaccount/namespace';
    const namespaceFile = folder.write(path, 'jobs\n');
    config.loadFromCluster(folder.path);

    expect(await defaultNamespace(config, namespaceFile)).toBe('jobs');
  });

  it('is refused when no namespace can have that name, before it gets into a path', async () => {
    const error = await failure(defaultNamespace(inContext('../kube-system; reboot'), 'missing'));

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain('the context "test" gives: it must be a DNS-1123 label');
  });
});

describe('several files in KUBECONFIG', () => {
  it.each([
    ['the first current-context', ['one', 'two'], 'one'],
    ['the first file that has a current-context', [undefined, 'two'], 'two'],
    ['one that another file describes', ['two', undefined], 'two'],
  ])('are used with %s', async (_, currents, expected) => {
    const files = ['one', 'two'].map((name, at) => {
      const current = currents[at];
      return file(name, { name, ...(current === undefined ? {} : { current }) });
    });
    vi.stubEnv('KUBECONFIG', files.join(delimiter));

    const ofCommandLine = await loadKubeConfig({ kind: 'file', file: null, context: null });
    for (const config of [await loadDefaultKubeConfig(), ofCommandLine]) {
      expect(config.getCurrentContext()).toBe(expected);
      expect(config.getCurrentCluster()?.name).toBe(expected);
      expect(config.getCurrentUser()?.name).toBe(expected);
    }
  });

  it('that describe the same name count in their order, and some may be missing or empty', async () => {
    const config = await load(
      folder.pathOf('missing'),
      folder.write('empty', '# nothing here\n'),
      file('1', { current: 'a', user: { token: 'first' }, context: { namespace: 'first' } }),
      file('2', {
        user: { token: 'second' },
        context: { namespace: 'second' },
        cluster: { server: 'http://127.0.0.1:1' },
      }),
    );

    expect(config.getContextObject('a')?.namespace).toBe('first');
    expect(await authorizationBy(config)).toBe('Bearer first');
  });

  it('of which one is no kubeconfig are refused', async () => {
    const bad = folder.write('bad', 'clusters: [{ name: b }]');

    const error = await failure(load(file('good', { current: 'a' }), bad));

    expect(error.message).toContain('clusters[0].cluster is missing');
  });
});

describe('paths in a kubeconfig are relative to its own file', () => {
  it('those of the second file, too', async () => {
    const config = await load(
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

    const inSecond = (name: string): string => folder.pathOf(`second/${name}`);
    expect(config.getCurrentCluster()).toMatchObject({ caFile: inSecond('ca.crt') });
    expect(config.getCurrentUser()).toMatchObject({
      certFile: inSecond('tls/own.crt'),
      keyFile: inSecond('tls/own.key'),
      tokenFile: inSecond('token'),
      exec: { command: inSecond('bin/plugin') },
    });
  });

  it.each(['aws-iam-authenticator', '/usr/bin/plugin'])(
    'a plugin that is a bare name is left to PATH, an absolute one as it is: %s',
    async (command) => {
      const user = (await withUser({ exec: { command } })).getCurrentUser();
      expect((user?.exec as Fields)['command']).toBe(command);
    },
  );

  it('a plugin is run from there', async () => {
    folder.write('bin/plugin', `#!/bin/sh\necho '{"status":{"token":"from-plugin"}}'\n`);

    const config = await withUser({ exec: { command: 'bin/plugin' } });

    expect(await authorizationBy(config)).toBe('Bearer from-plugin');
  });

  it('certificate data count before a file', async () => {
    const caData = base64('x');
    const cluster = { 'certificate-authority': 'none', 'certificate-authority-data': caData };

    const config = await load(file('config', { current: 'a', cluster }));

    expect(config.getCurrentCluster()).toMatchObject({ caFile: undefined, caData });
  });
});

describe('a user of a kubeconfig', () => {
  it.each<[situation: string, user: Fields, written: string | null, expected: string]>([
    ['a token file', { tokenFile: 'token' }, 'of-file\n', 'Bearer of-file'],
    ['a token file and a token', { tokenFile: 'token', token: 't' }, 'of-file', 'Bearer of-file'],
    ['a token file that is missing and a token', { tokenFile: 'no', token: 't' }, null, 'Bearer t'],
    ['an empty token file and a token', { tokenFile: 'token', token: 't' }, ' \n', 'Bearer t'],
  ])('may have %s', async (_, user, written, expected) => {
    if (written !== null) folder.write('token', written);

    expect(await authorizationBy(await withUser(user))).toBe(expected);
  });

  it('may act as somebody, with groups, a uid and more', async () => {
    const config = await withUser({
      as: 'ann',
      'as-groups': ['dev', 'on, call'],
      'as-uid': '4711',
      'as-user-extra': { 'example.com/(reason)': ['one', 'two'] },
    });

    await ask(config);

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
    const error = await failureOf(await withUser({ 'as-groups': ['system:masters'] }));

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
  ])('are told %s, in KUBERNETES_EXEC_INFO', async (_, more, told) => {
    folder.write('ca.crt', 'PEM');
    folder.write(
      'plugin',
      '#!/bin/sh\necho "{\\"status\\":{\\"token\\":\\"$OWN $(echo "$KUBERNETES_EXEC_INFO" | base64 -w0)\\"}}"\n',
    );
    const apiVersion = 'client.authentication.k8s.io/v1beta1';
    const env = [{ name: 'OWN', value: 'own' }];
    const config = await load(
      file('config', {
        current: 'a',
        cluster: {
          'certificate-authority': 'ca.crt',
          extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }],
        },
        user: { exec: { apiVersion, command: './plugin', env, ...more } },
      }),
    );

    const [, own, info] = (await authorizationBy(config)).split(' ');

    expect(own).toBe('own');
    const cluster = told === undefined ? {} : { cluster: { server: server.url, ...told } };
    expect(JSON.parse(Buffer.from(info!, 'base64').toString())).toEqual({
      apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false, ...cluster },
    });
  });

  it('that must ask at a terminal are not run', async () => {
    const exec = { command: 'true', interactiveMode: 'Always' };

    const { message } = await failureOf(await withUser({ exec }));

    expect(message).toContain('"true"');
    expect(message).toContain('interactiveMode: Always');
  });
});
