import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../../src/cli/cli-error.js';
import { loadKubeConfig } from '../../../src/cli/connect.js';
import { LockError } from '../../../src/errors/lock-error.js';
import { readConnectionSettings } from '../../../src/kubernetes/connection-settings.js';
import { defaultNamespace, loadDefaultKubeConfig } from '../../../src/kubernetes/kube-config.js';
import { podKubeConfig } from '../../../src/kubernetes/pod-kube-config.js';
import { LeaseLock } from '../../../src/lock/locks.js';
import { ask, failureOf } from './support/asking.js';
import { makeAuthority } from './support/certificates.js';
import { failure } from './support/failure.js';
import { answerWith, serversOfEachTest, type TestServer } from './support/server.js';
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

const authority = makeAuthority('cluster CA');
const certificate = authority.issue('server', ['127.0.0.1']);
const LOADED = new LockError('the client library was asked for', { kind: 'dependency' });

const startServer = serversOfEachTest();
let files: ServiceAccountFiles;

beforeEach(() => {
  files = writeServiceAccount(authority.cert);
  stubPodEnvironment('127.0.0.1', 1, files.directory);
});

afterEach(() => {
  vi.unstubAllEnvs();
  files.remove();
});

/** The API server of the pod. */
async function start(status = 200, body: unknown = {}, issued = certificate): Promise<TestServer> {
  const server = await startServer(answerWith(status, body), issued);
  vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port));
  return server;
}

const ofPod = () => podKubeConfig(files.directory)!;

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

    expect((await ask(await loadDefault())).status).toBe(200);

    expect(server.authorizations()).toEqual(['Bearer of-the-pod']);
    writeFileSync(files.caFile, makeAuthority('another CA').cert);
    expect((await failureOf(ofPod())).kind).toBe('network');
    expect(server.requests).toHaveLength(1);
  });

  it('all locks share what was loaded once, with one context, in the namespace of the pod', async () => {
    const config = await loadDefault();

    expect(await loadDefault()).toBe(config);
    expect(config.getContextObject(config.getCurrentContext())).toEqual({});
    expect(config.getContextObject('another')).toBeNull();
    expect(await defaultNamespace(config, files.namespaceFile)).toBe('jobs');
  });

  it.each([
    ['10.0.0.1', '443', 'https://10.0.0.1', '10.0.0.1:443'],
    ['fd00::1', '6443', 'https://[fd00::1]:6443', '[fd00::1]:6443'],
    ['api.svc', '443', 'https://api.svc', 'api.svc:443'],
  ])('the API server of %s and %s is %s', async (host, port, origin, address) => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', host);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', port);

    const settings = await readConnectionSettings(ofPod());

    expect(settings.server.origin).toBe(origin);
    expect(settings.address).toBe(address);
  });

  it.each([
    ['missing', () => rmSync(files.caFile), /ENOENT in open \((.+)\)/],
    ['empty', () => writeFileSync(files.caFile, '\n'), /the CA file "(.+)" is empty/],
  ])('a CA file that is %s is told by its name', async (_, spoil, expected) => {
    spoil();

    const error = await failureOf(await loadDefault());

    expect(error.kind).toBe('credentials');
    expect(expected.exec(error.message)?.[1]).toBe(files.caFile);
    expect(everythingShown(error)).not.toContain('of-the-pod');
  });

  const noPod = 'this is no pod (KUBERNETES_SERVICE_HOST is not set).';
  const noHost = 'KUBERNETES_SERVICE_PORT is set, but KUBERNETES_SERVICE_HOST is not.';
  const noPort = 'KUBERNETES_SERVICE_HOST is set, but KUBERNETES_SERVICE_PORT is not.';
  const nonsense = 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a host and a port.';
  it.each([
    ['neither variable is set', '', '', noPod],
    ['the port alone is set', '', '443', noHost],
    ['the host alone is set', '10.0.0.1', '', noPort],
    ['the host is none', '10.0.0.1/path', '443', nonsense],
    ['the port is none', '10.0.0.1', 'tcp://10.0.0.1:443', nonsense],
    ['the port is too large', '10.0.0.1', '99999', nonsense],
  ])('where %s there are no credentials, and it is said why', async (_, host, port, why) => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', host);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', port);

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
  async function failed(): Promise<string> {
    const answer = await new LeaseLock({ name: 'a', namespace: 'b', kubeConfig: ofPod() }).get();
    if (answer.ok) throw new Error('It did not fail');
    expect(everythingShown(answer.error)).not.toContain('marked-signature');
    expect(answer.error.message).not.toMatch(/kubeconfig|inCluster/i);
    return answer.error.message;
  }

  it.each([
    ['with its name, which the token tells', RUNNER, " the pod's service account jobs/runner has"],
    ['without one where it is another token', 'opaque', " the pod's service account has expired"],
    ['without one that makes no sense', tokenOf('a: b'), " the pod's service account has expired"],
    ['without one where none is told', tokenOf(7), " the pod's service account has expired"],
  ])('a refused token is that of the account %s', async (_, token, expected) => {
    writeFileSync(files.tokenFile, token);

    await start(401);

    expect(await failed()).toContain(`The token of${expected}`);
  });

  const checkBoth = /[Cc]heck KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT/;
  const anotherCa = makeAuthority('another CA').cert;
  it.each<[what: string, spoil: () => unknown, expected: RegExp]>([
    [
      'a token that no header can carry',
      () => writeFileSync(files.tokenFile, 'two\nlines'),
      /the credentials of the pod's service account give a header "Authorization"/,
    ],
    [
      'a server that cannot be reached',
      () => undefined,
      /Check that it runs, and KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT\./,
    ],
    [
      'a certificate of another CA',
      () => (writeFileSync(files.caFile, anotherCa), start()),
      /check ca\.crt of the pod's service account\./,
    ],
    [
      'a certificate for another host',
      () => start(200, {}, authority.issue('server', ['other'])),
      /Set KUBERNETES_SERVICE_HOST to a name that it covers\./,
    ],
    [
      'a CA that cannot be used',
      () => (writeFileSync(files.caFile, 'no certificate'), start()),
      /service account/,
    ],
    ['HTTP 302 of something else', () => start(302, 'nonsense'), checkBoth],
    ['HTTP 400 of something else', () => start(400, 'nonsense'), checkBoth],
    ['HTTP 403 of something else', () => start(403, 'nonsense'), checkBoth],
    ['HTTP 404 of something else', () => start(404, 'nonsense'), checkBoth],
  ])('%s', async (_, spoil, expected) => {
    await spoil();

    expect(await failed()).toMatch(expected);
  });

  it("is said by the client library's own KubeConfig of a pod alike", async () => {
    const given = { ...ofPod(), getCurrentContext: () => 'inClusterContext' };
    rmSync(files.tokenFile);

    const { message } = await failureOf(given);

    expect(message).toContain(
      "the credentials of the pod's service account could not be read: ENOENT in open",
    );
  });
});

describe('before the service account of the pod', () => {
  it('comes the kubeConfig that a lock is given', async () => {
    const server = await start();
    const lock = new LeaseLock({ name: 'a', namespace: 'b', kubeConfig: ofPod() });
    vi.stubEnv('KUBECONFIG', '/no/such/file');

    expect(await lock.get()).toMatchObject({ ok: false, error: { kind: 'serverError' } });
    expect(server.requests).toHaveLength(1);
  });

  it('come the files of KUBECONFIG, and ~/.kube/config, which the client library reads', async () => {
    const file = join(files.directory, 'config');
    writeFileSync(file, 'kind: Config\n');
    vi.stubEnv('KUBECONFIG', file);
    expect(await failure(loadDefault())).toBe(LOADED);
    vi.stubEnv('KUBECONFIG', '');
    writeHomeConfig();
    expect(await failure(loadDefault())).toBe(LOADED);
  });

  it('comes KUBECONFIG even where its files do not exist: that is said without a library', async () => {
    writeHomeConfig();
    vi.stubEnv('KUBECONFIG', '/no/such/file:/nor/this/one');

    const error = await failure(loadDefault());

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain(
      '(KUBECONFIG=/no/such/file:/nor/this/one) cannot be used: none of these files exists.',
    );
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
      '--kubeconfig /no/such/file cannot be used: this file does not exist.',
    );
  });

  it('says how to install the client library where a file is there', async () => {
    writeHomeConfig();

    await expect(connection(null)).rejects.toMatchObject({ kind: 'dependency' });
  });
});
