import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { joinAgent, type PooledAgent } from '../../../src/kubernetes/agents.js';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import type { ConnectionSettings } from '../../../src/kubernetes/connection-settings.js';
import { LONG_AGO, makeAuthority, type Certificate } from './support/certificates.js';
import { failure } from './support/failure.js';
import { base64, kubeConfig } from './support/kube-configs.js';
import { answerWith, sendJson, startServer, type TestServer } from './support/server.js';
import { everythingShown } from './support/show.js';

const get = { method: 'GET', path: '/api', subject: 'Lease a/b' } as const;
const authority = makeAuthority('test CA');
const ownNames = ['localhost', '127.0.0.1'];
const serverCertificate = authority.issue('server', ownNames);

const servers: TestServer[] = [];

async function startTls(certificate: Certificate, askForClient = false): Promise<TestServer> {
  const server = await startServer(
    (request, response) => {
      const { socket } = request.message;
      if (!(socket instanceof TLSSocket)) throw new Error('not over TLS');
      const subject = socket.getPeerCertificate().subject as { CN?: string } | undefined;
      sendJson(response, 200, { client: subject?.CN ?? null, host: socket.servername });
    },
    { ...certificate, ca: authority.cert, requestCert: askForClient, rejectUnauthorized: true },
  );
  servers.push(server);
  return server;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe('TLS', () => {
  it('trusts the CA of the kubeconfig and presents the client certificate', async () => {
    const server = await startTls(serverCertificate, true);
    const ann = authority.issue('ann');
    const config = kubeConfig(
      { server: server.url, caData: base64(authority.cert) },
      { certData: base64(ann.cert), keyData: base64(ann.key) },
    );

    const answer = await new ApiClient(config).request(get);

    expect(answer.json).toMatchObject({ client: 'ann' });
  });

  it('keeps one connection for many requests', async () => {
    const server = await startTls(serverCertificate);
    const client = new ApiClient(
      kubeConfig({ server: server.url, caData: base64(authority.cert) }),
    );

    for (let count = 0; count < 10; count++) await client.request(get);

    expect(server.connections()).toBe(1);
  });

  it('trusts the CA of the kubeconfig for a context without user, too', async () => {
    const server = await startTls(serverCertificate);
    const config = kubeConfig({ server: server.url, caData: base64(authority.cert) }, null);

    expect((await new ApiClient(config).request(get)).status).toBe(200);
  });

  it('checks the name of tls-server-name instead of the host', async () => {
    const server = await startTls(authority.issue('server', ['kubernetes.internal']));
    const cluster = { server: server.url, caData: base64(authority.cert) };

    const config = kubeConfig({ ...cluster, tlsServerName: 'kubernetes.internal' });
    expect((await new ApiClient(config).request(get)).json).toMatchObject({
      host: 'kubernetes.internal',
    });

    const other = await failure(new ApiClient(kubeConfig(cluster)).request(get));
    expect(other.message).toContain('it covers DNS:kubernetes.internal. Set tls-server-name');
  });

  it('takes any certificate with insecure-skip-tls-verify', async () => {
    const server = await startTls(authority.issue('server', ['elsewhere'], LONG_AGO));
    const config = kubeConfig({ server: server.url, skipTLSVerify: true });

    expect((await new ApiClient(config).request(get)).status).toBe(200);
  });
});

describe('a certificate that cannot be trusted', () => {
  it.each([
    [
      'comes from another CA',
      () => makeAuthority('other CA').cert,
      /not signed by a CA that is trusted|self-signed or comes from an unknown CA/,
    ],
    [
      'has to be checked without any CA',
      () => undefined,
      /not signed by a CA that is trusted|self-signed/,
    ],
  ])('because it %s is refused in words', async (_, ca, expected) => {
    const server = await startTls(serverCertificate);
    const caCertificate = ca();
    const caData = caCertificate === undefined ? {} : { caData: base64(caCertificate) };

    const error = await failure(
      new ApiClient(kubeConfig({ server: server.url, ...caData })).request(get),
    );

    expect(error.kind).toBe('network');
    expect(error.message).toMatch(expected);
    expect(error.message).toContain(`127.0.0.1:${server.port}`);
    expect(error.message).toContain('certificate-authority');
    expect(server.requests).toHaveLength(0);
  });

  it('because it has expired is refused in words', async () => {
    const server = await startTls(authority.issue('server', ownNames, LONG_AGO));
    const config = kubeConfig({ server: server.url, caData: base64(authority.cert) });

    const error = await failure(new ApiClient(config).request(get));

    expect(error.message).toContain('has expired (CERT_HAS_EXPIRED)');
  });

  it('is not dragged along in the cause of the error', async () => {
    const server = await startTls(authority.issue('server', ['elsewhere']));
    const config = kubeConfig({ server: server.url, caData: base64(authority.cert) });

    const error = await failure(new ApiClient(config).request(get));

    expect(Object.keys(error.cause as object)).toEqual(['code']);
    expect((error.cause as { code: string }).code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

describe('a handshake that fails', () => {
  it('because the server does not speak TLS says so', async () => {
    const server = await startServer(answerWith(200, {}));
    servers.push(server);
    const config = kubeConfig({ server: server.url.replace('http:', 'https:') });

    const error = await failure(new ApiClient(config).request(get));

    expect(error.message).toMatch(/the TLS handshake with .* failed .* may not speak TLS/);
  });

  it('because the server wants a client certificate is a network error', async () => {
    const server = await startTls(serverCertificate, true);
    const config = kubeConfig({ server: server.url, caData: base64(authority.cert) });

    const error = await failure(new ApiClient(config).request(get));

    expect(error.kind).toBe('network');
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    ['key', { certData: base64(serverCertificate.cert), keyData: base64('marked-secret-key') }],
    ['certificate', { certData: base64('marked-secret'), keyData: base64(serverCertificate.key) }],
  ])('because the %s cannot be used is a matter of credentials', async (_, user) => {
    const server = await startTls(serverCertificate);
    const config = kubeConfig({ server: server.url, caData: base64(authority.cert) }, user);

    const error = await failure(new ApiClient(config).request(get));

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain('one of them cannot be used');
    expect(everythingShown(error)).not.toContain('marked-secret');
    expect(everythingShown(error)).not.toContain('PRIVATE KEY');
  });
});

describe('a client certificate that is replaced in its file', () => {
  it('is used over a new connection, and the old one is closed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rotation-'));
    const certFile = join(directory, 'cert');
    const keyFile = join(directory, 'key');
    const write = ({ cert, key }: Certificate): void => {
      writeFileSync(certFile, cert);
      writeFileSync(keyFile, key);
    };
    const server = await startTls(serverCertificate, true);
    write(authority.issue('before'));
    const cluster = { server: server.url, caData: base64(authority.cert) };
    const joined: { settings: ConnectionSettings; agent: PooledAgent }[] = [];
    const client = new ApiClient(kubeConfig(cluster, { certFile, keyFile }), (settings) => {
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
    rmSync(directory, { recursive: true });
  });
});
