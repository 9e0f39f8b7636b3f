import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { joinAgent, type PooledAgent } from '../../../src/kubernetes/agents.js';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import type { ConnectionSettings } from '../../../src/kubernetes/connection-settings.js';
import { ask, failureOf, get } from './support/asking.js';
import { LONG_AGO, makeAuthority, type Certificate } from './support/certificates.js';
import { folderOfEachTest } from './support/folder.js';
import { base64, kubeConfig } from './support/kube-configs.js';
import { answerWith, sendJson, serversOfEachTest, type TestServer } from './support/server.js';
import { everythingShown } from './support/show.js';

const authority = makeAuthority('test CA');
const ownNames = ['localhost', '127.0.0.1'];
const serverCertificate = authority.issue('server', ownNames);
const caData = base64(authority.cert);

const startServer = serversOfEachTest();
const folder = folderOfEachTest();

function startTls(issued = serverCertificate, askForClient = false): Promise<TestServer> {
  return startServer(
    (request, response) => {
      const { socket } = request.message;
      if (!(socket instanceof TLSSocket)) throw new Error('not over TLS');
      const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
      sendJson(response, 200, { client: subject?.CN ?? null, host: socket.servername });
    },
    { ...issued, ca: authority.cert, requestCert: askForClient, rejectUnauthorized: true },
  );
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('TLS', () => {
  it('trusts the CA of the kubeconfig and presents the client certificate', async () => {
    const server = await startTls(serverCertificate, true);
    const ann = authority.issue('ann');
    const user = { certData: base64(ann.cert), keyData: base64(ann.key) };

    const answer = await ask(kubeConfig({ server: server.url, caData }, user));

    expect(answer.json).toMatchObject({ client: 'ann' });
  });

  it('keeps one connection for many requests, also for a context without user', async () => {
    const server = await startTls();
    const client = new ApiClient(kubeConfig({ server: server.url, caData }, null));

    for (let count = 0; count < 10; count++) {
      expect((await client.request(get)).status).toBe(200);
    }

    expect(server.connections()).toBe(1);
  });

  it('checks the name of tls-server-name instead of the host', async () => {
    const server = await startTls(authority.issue('server', ['kubernetes.internal']));
    const cluster = { server: server.url, caData };

    const { json } = await ask(kubeConfig({ ...cluster, tlsServerName: 'kubernetes.internal' }));
    expect(json).toMatchObject({ host: 'kubernetes.internal' });

    const { message } = await failureOf(kubeConfig(cluster));
    expect(message).toContain('it covers DNS:kubernetes.internal. Set tls-server-name');
  });

  it('takes any certificate with insecure-skip-tls-verify', async () => {
    const server = await startTls(authority.issue('server', ['elsewhere'], LONG_AGO));

    expect((await ask(kubeConfig({ server: server.url, skipTLSVerify: true }))).status).toBe(200);
  });
});

describe('a certificate that cannot be trusted', () => {
  const unknown = /not signed by a CA that is trusted|self-signed/;
  it.each([
    ['comes from another CA', { caData: base64(makeAuthority('other CA').cert) }, unknown],
    ['has to be checked without any CA', {}, unknown],
  ])('because it %s is refused in words', async (_, trust, expected) => {
    const server = await startTls();

    const error = await failureOf(kubeConfig({ server: server.url, ...trust }));

    expect(error.kind).toBe('network');
    expect(error.message).toMatch(expected);
    expect(error.message).toContain(`127.0.0.1:${server.port}`);
    expect(error.message).toContain('certificate-authority');
    expect(server.requests).toHaveLength(0);
  });

  it('because it has expired is refused in words', async () => {
    const server = await startTls(authority.issue('server', ownNames, LONG_AGO));

    const { message } = await failureOf(kubeConfig({ server: server.url, caData }));

    expect(message).toContain('has expired (CERT_HAS_EXPIRED)');
  });

  it('is not dragged along in the cause of the error', async () => {
    const server = await startTls(authority.issue('server', ['elsewhere']));

    const { cause } = await failureOf(kubeConfig({ server: server.url, caData }));

    expect(Object.entries(cause as object)).toEqual([['code', 'ERR_TLS_CERT_ALTNAME_INVALID']]);
  });
});

describe('a handshake that fails', () => {
  it('because the server does not speak TLS says so', async () => {
    const server = await startServer(answerWith(200, {}));

    const { message } = await failureOf(
      kubeConfig({ server: server.url.replace('http:', 'https:') }),
    );

    expect(message).toMatch(/the TLS handshake with .* failed .* may not speak TLS/);
  });

  it('because the server wants a client certificate is a network error', async () => {
    const server = await startTls(serverCertificate, true);

    const error = await failureOf(kubeConfig({ server: server.url, caData }));

    expect(error.kind).toBe('network');
    expect(server.requests).toHaveLength(0);
  });

  const { cert, key } = serverCertificate;
  it.each([
    ['key', { certData: base64(cert), keyData: base64('marked-secret-key') }],
    ['certificate', { certData: base64('marked-secret'), keyData: base64(key) }],
  ])('because the %s cannot be used is a matter of credentials', async (_, user) => {
    const server = await startTls();

    const error = await failureOf(kubeConfig({ server: server.url, caData }, user));

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain('one of them cannot be used');
    expect(everythingShown(error)).not.toMatch(/marked-secret|PRIVATE KEY/);
  });
});

describe('a client certificate that is replaced in its file', () => {
  it('is used over a new connection, and the old one is closed', async () => {
    const write = ({ cert, key }: Certificate) => ({
      certFile: folder.write('cert', cert),
      keyFile: folder.write('key', key),
    });
    const server = await startTls(serverCertificate, true);
    const user = write(authority.issue('before'));
    const joined: { settings: ConnectionSettings; agent: PooledAgent }[] = [];
    const client = new ApiClient(kubeConfig({ server: server.url, caData }, user), (settings) => {
      const agent = joinAgent(settings);
      joined.push({ settings, agent });
      return agent;
    });
    expect((await client.request(get)).json).toMatchObject({ client: 'before' });
    write(authority.issue('after'));

    expect((await client.request(get)).json).toMatchObject({ client: 'before' });
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 10_001);
    // Used once more, while the files are read.
    expect((await client.request(get)).json).toMatchObject({ client: 'before' });
    await new Promise(setImmediate);
    expect((await client.request(get)).json).toMatchObject({ client: 'after' });

    await server.closed(1);
    expect(server.connections()).toBe(2);
    // What was let go is not kept for anybody either.
    const kept = joined.map(({ settings, agent }) => joinAgent(settings) === agent);
    expect(kept).toEqual([false, true]);
  });
});
