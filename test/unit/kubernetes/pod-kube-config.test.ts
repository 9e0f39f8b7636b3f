import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../../src/cli/cli-error.js';
import { loadKubeConfig } from '../../../src/cli/connect.js';
import { LockError } from '../../../src/errors/lock-error.js';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { readConnectionSettings } from '../../../src/kubernetes/connection-settings.js';
import { defaultNamespace, loadDefaultKubeConfig } from '../../../src/kubernetes/kube-config.js';
import { podKubeConfig } from '../../../src/kubernetes/pod-kube-config.js';
import { LeaseLock } from '../../../src/lock/locks.js';
import { makeAuthority } from './support/certificates.js';
import { failure } from './support/failure.js';
import { answerWith, startServer, type TestServer } from './support/server.js';
import {
  stubPodEnvironment,
  writeServiceAccount,
  type ServiceAccountFiles,
} from './support/service-account.js';
import { everythingShown } from './support/show.js';

// What runs in a pod must not so much as ask for it.
vi.mock('@kubernetes/client-node', () => {
  throw new Error('the client library was loaded');
});

const get = { method: 'GET', path: '/api', subject: 'Lease a/b' } as const;
const authority = makeAuthority('cluster CA');
const certificate = authority.issue('server', ['127.0.0.1']);
const LOADED = new LockError('the client library was asked for', { kind: 'dependency' });

let files: ServiceAccountFiles;
const servers: TestServer[] = [];

beforeEach(() => {
  files = writeServiceAccount(authority.cert);
  stubPodEnvironment('127.0.0.1', 1, files.directory);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  files.remove();
});

async function start(): Promise<TestServer> {
  const server = await startServer(answerWith(200, {}), certificate);
  servers.push(server);
  vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port));
  return server;
}

const loadDefault = () =>
  loadDefaultKubeConfig({
    serviceAccount: files.directory,
    loadModule: () => Promise.reject(LOADED),
  });

function writeHomeConfig(): void {
  mkdirSync(join(files.directory, '.kube'));
  writeFileSync(join(files.directory, '.kube/config'), 'kind: Config\n');
}

describe('in a pod', () => {
  it('requests carry the token of its service account, and trust its CA alone', async () => {
    const server = await start();

    const { status } = await new ApiClient(await loadDefault()).request(get);

    expect(status).toBe(200);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer of-the-pod',
    ]);
    writeFileSync(files.caFile, makeAuthority('another CA').cert);
    const client = new ApiClient(podKubeConfig(files.directory)!);
    expect((await failure(client.request(get))).kind).toBe('network');
    expect(server.requests).toHaveLength(1);
  });

  it('all locks share what was loaded once', async () => {
    expect(await loadDefault()).toBe(await loadDefault());
  });

  it('the namespace is that of the pod', async () => {
    expect(await defaultNamespace(await loadDefault(), files.namespaceFile)).toBe('jobs');
    rmSync(files.namespaceFile);
    expect(await defaultNamespace(await loadDefault(), files.namespaceFile)).toBe('default');
  });

  it('the context has the name that the client library gives it, and is the only one', async () => {
    const config = await loadDefault();

    expect(config.getContextObject(config.getCurrentContext())).toEqual({});
    expect(config.getContextObject('another')).toBeNull();
  });

  it.each([
    ['10.0.0.1', '443', 'https://10.0.0.1', '10.0.0.1:443'],
    ['fd00::1', '6443', 'https://[fd00::1]:6443', '[fd00::1]:6443'],
    [
      'kubernetes.default.svc',
      '443',
      'https://kubernetes.default.svc',
      'kubernetes.default.svc:443',
    ],
  ])('the API server of %s and %s is %s', async (host, port, origin, address) => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', host);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', port);

    const settings = await readConnectionSettings(podKubeConfig(files.directory)!);

    expect(settings.server.origin).toBe(origin);
    expect(settings.address).toBe(address);
  });

  it.each([
    ['missing', () => rmSync(files.caFile), /ENOENT in open \((.+)\)/],
    ['empty', () => writeFileSync(files.caFile, '\n'), /the CA file "(.+)" is empty/],
  ])('a CA file that is %s is told by its name', async (_, spoil, expected) => {
    spoil();

    const error = await failure(new ApiClient(await loadDefault()).request(get));

    expect(error.kind).toBe('credentials');
    expect(expected.exec(error.message)?.[1]).toBe(files.caFile);
    expect(everythingShown(error)).not.toContain('of-the-pod');
  });

  it.each<[situation: string, env: Record<string, string>, why: string]>([
    [
      'neither variable is set',
      { KUBERNETES_SERVICE_HOST: '', KUBERNETES_SERVICE_PORT: '' },
      'this is no pod (KUBERNETES_SERVICE_HOST is not set).',
    ],
    [
      'the port alone is set',
      { KUBERNETES_SERVICE_HOST: '' },
      'KUBERNETES_SERVICE_PORT is set, but KUBERNETES_SERVICE_HOST is not.',
    ],
    [
      'the host alone is set',
      { KUBERNETES_SERVICE_PORT: '' },
      'KUBERNETES_SERVICE_HOST is set, but KUBERNETES_SERVICE_PORT is not.',
    ],
    [
      'the host is none',
      { KUBERNETES_SERVICE_HOST: '10.0.0.1/path' },
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a host and a port.',
    ],
    [
      'the port is none',
      { KUBERNETES_SERVICE_PORT: 'tcp://10.0.0.1:443' },
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a host and a port.',
    ],
    [
      'the port is too large',
      { KUBERNETES_SERVICE_PORT: '99999' },
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a host and a port.',
    ],
  ])('where %s there are no credentials, and it is said why', async (_, env, why) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);

    const error = await failure(loadDefault());

    expect(error.kind).toBe('credentials');
    expect(error.message).toBe(
      'No API server is to be found: KUBECONFIG names no file, ~/.kube/config does not exist, and ' +
        `${why} Set KUBECONFIG, or give the lock a kubeConfig of its own. For a laptop there is ` +
        '`npx k8s-leader-election dev-server -- node app.js`.',
    );
  });

  it('without a service account there are none, until its token is mounted', async () => {
    rmSync(files.tokenFile);
    const error = await failure(loadDefault());
    writeFileSync(files.tokenFile, 'late');

    expect(error.message).toContain(
      `this is a pod without a service account: there is no file ${files.tokenFile}.`,
    );
    expect((await loadDefault()).getCurrentUser()).toMatchObject({ name: 'inClusterUser' });
  });
});

/** As the API server signs it for a pod: what is in the middle says whose it is. */
function tokenOf(sub: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ aud: ['x'], sub })}.marked-signature`;
}

const RUNNER = tokenOf('system:serviceaccount:jobs:runner');

describe('errors in a pod speak of its service account, and of no kubeconfig', () => {
  async function refused(status: number, body: unknown = {}): Promise<string> {
    const server = await startServer(answerWith(status, body), certificate);
    servers.push(server);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port));
    return failed();
  }

  async function failed(): Promise<string> {
    const kubeConfig = podKubeConfig(files.directory)!;
    const answer = await new LeaseLock({ name: 'a', namespace: 'b', kubeConfig }).get();
    if (answer.ok) throw new Error('It did not fail');
    expect(everythingShown(answer.error)).not.toContain('marked-signature');
    expect(answer.error.message).not.toMatch(/kubeconfig|inCluster/i);
    return answer.error.message;
  }

  it.each([
    ['with its name, which the token tells', RUNNER, " the pod's service account jobs/runner has"],
    ['without one where it is another token', 'opaque', " the pod's service account has expired"],
    [
      'without one that makes no sense',
      tokenOf('somebody: else'),
      " the pod's service account has",
    ],
    ['without one where none is told', tokenOf(7), " the pod's service account has expired"],
  ])('a refused token is that of the account %s', async (_, token, expected) => {
    writeFileSync(files.tokenFile, token);

    expect(await refused(401)).toContain(`The token of${expected}`);
  });

  it.each([
    ['missing', () => rmSync(files.tokenFile), 'ENOENT in open'],
    ['empty', () => writeFileSync(files.tokenFile, '\n'), 'the token file'],
  ])('a token that is %s', async (_, spoil, why) => {
    const kubeConfig = podKubeConfig(files.directory)!;
    spoil();

    const error = await failure(new ApiClient(kubeConfig).request(get));

    expect(error.message).toContain(
      `the credentials of the pod's service account could not be read: ${why}`,
    );
  });

  it('a token that no header can carry', async () => {
    writeFileSync(files.tokenFile, 'two\nlines');

    expect(await failed()).toContain(
      'the credentials of the pod\'s service account give a header "Authorization"',
    );
  });

  it('a server that cannot be reached', async () => {
    expect(await failed()).toContain(
      'Check that it runs, and KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT.',
    );
  });

  it('a certificate of another CA', async () => {
    writeFileSync(files.caFile, makeAuthority('another CA').cert);

    expect(await refused(200)).toContain("check ca.crt of the pod's service account.");
  });

  it('a certificate for another host', async () => {
    const foreign = await startServer(answerWith(200, {}), authority.issue('server', ['other']));
    servers.push(foreign);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(foreign.port));

    expect(await failed()).toContain('Set KUBERNETES_SERVICE_HOST to a name that it covers.');
  });

  it('a CA that cannot be used', async () => {
    writeFileSync(files.caFile, 'no certificate');

    expect(await refused(200)).toMatch(/service account/);
  });

  it.each([[302], [400], [403], [404]])(
    'HTTP %i from something that is no API server',
    async (status) => {
      expect(await refused(status, 'nonsense')).toMatch(
        /[Cc]heck KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT/,
      );
    },
  );

  it("is said by the client library's own KubeConfig of a pod alike", async () => {
    const pod = podKubeConfig(files.directory)!;
    const given = { ...pod, getCurrentContext: () => 'inClusterContext' };
    rmSync(files.tokenFile);

    const error = await failure(new ApiClient(given).request(get));

    expect(error.message).toContain("the credentials of the pod's service account");
  });
});

describe('before the service account of the pod', () => {
  it('comes the kubeConfig that a lock is given', async () => {
    const server = await start();
    const kubeConfig = podKubeConfig(files.directory)!;
    vi.stubEnv('KUBECONFIG', '/no/such/file');
    const lock = new LeaseLock({ name: 'a', namespace: 'b', kubeConfig });

    expect(await lock.get()).toMatchObject({ ok: false, error: { kind: 'serverError' } });
    expect(server.requests).toHaveLength(1);
  });

  it('come the files of KUBECONFIG, which the client library reads', async () => {
    const file = join(files.directory, 'config');
    writeFileSync(file, 'kind: Config\n');
    vi.stubEnv('KUBECONFIG', file);

    expect(await failure(loadDefault())).toBe(LOADED);
  });

  it('comes ~/.kube/config, which the client library reads', async () => {
    writeHomeConfig();

    expect(await failure(loadDefault())).toBe(LOADED);
  });

  it('comes KUBECONFIG even where its files do not exist: that is said without a library', async () => {
    writeHomeConfig();
    vi.stubEnv('KUBECONFIG', '/no/such/file:/nor/this/one');

    const error = await failure(loadDefault());

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain('ENOENT in open (/no/such/file)');
  });
});

describe('the command line', () => {
  const connection = (file: string | null, context: string | null = null) =>
    loadKubeConfig({ kind: 'file', file, context });

  it('says what is missing where nothing names a cluster', async () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', '');

    await expect(connection(null)).rejects.toThrow(
      new UsageError(
        'No API server is to be found: KUBECONFIG names no file, ~/.kube/config does not exist, and ' +
          'this is no pod (KUBERNETES_SERVICE_HOST is not set). Set KUBECONFIG, or give ' +
          '--kubeconfig FILE. For a laptop there is `dev-server`.',
      ),
    );
  });

  it('says of a file that it does not exist without the client library', async () => {
    await expect(connection('/no/such/file')).rejects.toThrow(
      '--kubeconfig /no/such/file cannot be used: ENOENT in open (/no/such/file).',
    );
  });

  it('says how to install the client library where a file is there', async () => {
    writeHomeConfig();

    await expect(connection(null)).rejects.toMatchObject({ kind: 'dependency' });
  });
});
