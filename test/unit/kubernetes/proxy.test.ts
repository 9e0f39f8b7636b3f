import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { makeAuthority } from './support/certificates.js';
import { failure } from './support/failure.js';
import { base64, kubeConfig } from './support/kube-configs.js';
import { startHttpProxy, startSocksProxy, type TestProxy } from './support/proxies.js';
import { answerWith, startServer, type TestServer } from './support/server.js';
import { everythingShown } from './support/show.js';

const get = { method: 'GET', path: '/api', subject: 'Lease a/b' } as const;
const authority = makeAuthority('test CA');
const certificate = authority.issue('server', ['127.0.0.1']);

const toClose: { close(): unknown }[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(toClose.splice(0).map((open) => open.close()));
});

async function opened<T extends TestProxy | TestServer>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  toClose.push(started);
  return started;
}

const proxies = [
  ['an HTTP proxy', 'http', () => startHttpProxy()],
  ['a SOCKS proxy', 'socks5', () => startSocksProxy()],
] as const;

describe.each(proxies)('%s', (_, scheme, startProxy) => {
  it.each([
    ['https', certificate],
    ['http', undefined],
  ])('is used for an %s server, with one connection for many requests', async (_scheme, tls) => {
    const server = await opened(startServer(answerWith(200, { ok: true }), tls));
    const proxy = await opened(startProxy());
    const proxyUrl = `${scheme}://127.0.0.1:${proxy.port}`;
    const cluster = { server: server.url, proxyUrl, caData: base64(authority.cert) };
    const client = new ApiClient(kubeConfig(cluster));

    for (let count = 0; count < 5; count++) {
      expect(await client.request(get)).toMatchObject({ status: 200, json: { ok: true } });
    }

    expect(proxy.targets).toEqual([`127.0.0.1:${server.port}`]);
  });

  it('that only the environment names is used for a server that is not on this machine', async () => {
    const proxy = await opened(startProxy());
    vi.stubEnv('HTTPS_PROXY', `${scheme}://127.0.0.1:${proxy.port}`);
    vi.stubEnv('NO_PROXY', 'other.invalid');
    // An address for documentation, which nobody has.
    const config = kubeConfig({ server: 'https://192.0.2.1:6443' });

    await failure(new ApiClient(config).request({ ...get, timeoutMs: 1_000 }));

    expect(proxy.targets).toEqual(['192.0.2.1:6443']);
  });

  it('does not weaken the check of the certificate', async () => {
    const elsewhere = authority.issue('server', ['localhost']);
    const server = await opened(startServer(answerWith(200, {}), elsewhere));
    const proxy = await opened(startProxy());
    const proxyUrl = `${scheme}://127.0.0.1:${proxy.port}`;
    const cluster = { server: server.url, proxyUrl, caData: base64(authority.cert) };

    const error = await failure(new ApiClient(kubeConfig(cluster)).request(get));
    const untrusted = { server: server.url, proxyUrl, tlsServerName: 'localhost' };
    const other = await failure(new ApiClient(kubeConfig(untrusted)).request(get));

    expect(error.message).toContain('is for another host name');
    expect(other.message).toContain('not signed by a CA that is trusted');
  });

  it('honours tls-server-name', async () => {
    const named = authority.issue('server', ['kubernetes.internal']);
    const server = await opened(startServer(answerWith(200, {}), named));
    const proxy = await opened(startProxy());
    const cluster = {
      server: server.url,
      proxyUrl: `${scheme}://127.0.0.1:${proxy.port}`,
      tlsServerName: 'kubernetes.internal',
      caData: base64(authority.cert),
    };

    expect((await new ApiClient(kubeConfig(cluster)).request(get)).status).toBe(200);
  });

  it('is named when it cannot be reached, without its password', async () => {
    const proxy = await startProxy();
    proxy.close();
    const proxyUrl = `${scheme}://ann:marked-secret@127.0.0.1:${proxy.port}`;
    const config = kubeConfig({ server: 'https://10.0.0.1:6443', proxyUrl });

    const error = await failure(new ApiClient(config).request(get));

    expect(error.kind).toBe('network');
    expect(error.message).toContain(
      `the API server at 10.0.0.1:6443 through the proxy at 127.0.0.1:${proxy.port}`,
    );
    expect(everythingShown(error)).not.toContain('marked-secret');
  });
});

describe('an HTTP proxy that wants credentials', () => {
  it('gets those of proxy-url', async () => {
    const server = await opened(startServer(answerWith(200, {}), certificate));
    const proxy = await opened(startHttpProxy('ann:p@ss'));
    const proxyUrl = `http://ann:p%40ss@127.0.0.1:${proxy.port}`;
    const cluster = { server: server.url, proxyUrl, caData: base64(authority.cert) };

    expect((await new ApiClient(kubeConfig(cluster)).request(get)).status).toBe(200);
  });

  it('and does not get them is reported with its answer', async () => {
    const proxy = await opened(startHttpProxy('ann:p@ss'));
    const proxyUrl = `http://ann:marked-secret@127.0.0.1:${proxy.port}`;
    const config = kubeConfig({ server: 'https://10.0.0.1:6443', proxyUrl });

    const error = await failure(new ApiClient(config).request(get));

    expect(error.message).toContain('407');
    expect(everythingShown(error)).not.toContain('marked-secret');
  });
});
