import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import type { KubeConfigLike } from '../../../src/kubernetes/kube-config.js';
import { podKubeConfig } from '../../../src/kubernetes/pod-kube-config.js';
import { get, put } from './support/asking.js';
import { makeAuthority } from './support/certificates.js';
import { failure } from './support/failure.js';
import { kubeConfig } from './support/kube-configs.js';
import { pretendLater } from './support/pretend-later.js';
import {
  acceptOnly,
  answerWith,
  sendJson,
  serversOfEachTest,
  type TestServer,
} from './support/server.js';
import {
  stubPodEnvironment,
  writeServiceAccount,
  type ServiceAccountFiles,
} from './support/service-account.js';
import { everythingShown } from './support/show.js';

const SECRET = 'marked-secret-4711';

const authority = makeAuthority('test CA');
const certificate = authority.issue('server', ['127.0.0.1']);

const start = serversOfEachTest();
let server: TestServer;
let files: ServiceAccountFiles;

beforeEach(async () => {
  server = await start(answerWith(200, {}), certificate);
  files = writeServiceAccount(authority.cert, 'first\n');
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  files.remove();
});

const cluster = () => ({ server: server.url, caFile: files.caFile });

const SOURCES: readonly (readonly [string, () => KubeConfigLike])[] = [
  [
    'the service account of the pod',
    () => {
      stubPodEnvironment('127.0.0.1', server.port, files.directory);
      return podKubeConfig(files.directory)!;
    },
  ],
  ['tokenFile of a kubeconfig', () => kubeConfig(cluster(), { tokenFile: files.tokenFile })],
  [
    'authProvider of a KubeConfig',
    () => {
      const config = { tokenFile: files.tokenFile };
      return kubeConfig(cluster(), { authProvider: { name: 'tokenFile', config } });
    },
  ],
];

describe.each(SOURCES)('a token that is in a file, by %s,', (_, source) => {
  let config: KubeConfigLike;
  let client: ApiClient;
  beforeEach(() => {
    config = source();
    client = new ApiClient(config);
  });

  it('is read anew in the background, over the same connection', async () => {
    await client.request(get);
    writeFileSync(files.tokenFile, 'second\n');

    await client.request(get);
    pretendLater(11_000);
    do await client.request(get);
    while (server.authorizations().at(-1) !== 'Bearer second');

    const sent = server.authorizations().slice(0, 3);
    expect(sent).toEqual(['Bearer first', 'Bearer first', 'Bearer first']);
    expect(server.connections()).toBe(1);
  });

  it('is never sent when it is a minute old', async () => {
    await client.request(get);
    writeFileSync(files.tokenFile, 'second');

    pretendLater(60_000);
    await client.request(get);

    expect(server.authorizations()).toEqual(['Bearer first', 'Bearer second']);
  });

  it('is read anew at once when it is refused, and a write is repeated with the new one', async () => {
    await client.request(get);
    writeFileSync(files.tokenFile, 'second');
    server.handle(acceptOnly('second'));

    expect((await client.request(put)).status).toBe(200);
    expect(server.authorizations()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('is not sent twice when it is refused and has not changed', async () => {
    server.handle(acceptOnly('another'));

    expect((await client.request(get)).status).toBe(401);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['missing', () => rmSync(files.tokenFile), 'ENOENT in open'],
    ['empty', () => writeFileSync(files.tokenFile, ' \n'), 'the token file "'],
  ])('and is %s, is told by the name of its file, and works later', async (_, spoil, why) => {
    spoil();

    const error = await failure(client.request(get));

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain(`could not be read: ${why}`);
    expect(error.message).toContain(files.tokenFile);
    expect(server.requests).toHaveLength(0);
    writeFileSync(files.tokenFile, 'here');
    await client.request(get);
    expect(server.authorizations()).toEqual(['Bearer here']);
  });

  it('is used on for ten minutes while its file cannot be read, until it is refused', async () => {
    await client.request(get);
    rmSync(files.tokenFile);

    pretendLater(599_000);
    expect((await client.request(get)).status).toBe(200);
    server.handle(acceptOnly('second'));
    expect((await failure(client.request(get))).kind).toBe('credentials');
    expect(server.requests).toHaveLength(3);
    pretendLater(2_000);
    expect((await failure(client.request(get))).message).toContain(files.tokenFile);
    expect(server.requests).toHaveLength(3);
  });

  it('with a line break inside is refused, and not shown', async () => {
    writeFileSync(files.tokenFile, `${SECRET}\nX-Evil: 1`);

    const error = await failure(client.request(get));

    expect(error.message).toContain('characters no HTTP header may have');
    expect(everythingShown(error)).not.toContain(SECRET);
  });

  it('is not to be seen in an answer, the kubeconfig, a client, or the error of a connection', async () => {
    writeFileSync(files.tokenFile, SECRET);
    server.handle((request, response) => {
      sendJson(response, 500, { message: `not for ${request.headers.authorization}` });
    });
    expect((await client.request(get)).json).toEqual({ message: 'not for Bearer [redacted]' });
    await server.close();

    const error = await failure(client.request(get));

    expect(error.kind).toBe('network');
    for (const one of [error, client, config]) expect(everythingShown(one)).not.toContain(SECRET);
  });

  it('does not keep a CA that has changed from being read anew', async () => {
    await client.request(get);
    await server.close();
    const next = makeAuthority('next CA');
    server = await start(answerWith(200, {}), next.issue('server', ['127.0.0.1']), server.port);
    writeFileSync(files.caFile, next.cert);

    expect((await failure(client.request(get))).message).toContain('CA');
    pretendLater(60_000);

    expect((await client.request(get)).status).toBe(200);
  });
});
