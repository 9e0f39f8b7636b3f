import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { ask, failureOf, get } from './support/asking.js';
import { makeAuthority } from './support/certificates.js';
import { base64, kubeConfig } from './support/kube-configs.js';
import { startHttpProxy, startSocksProxy, type TestProxy } from './support/proxies.js';
import { answerWith, serversOfEachTest } from './support/server.js';
import { everythingShown } from './support/show.js';

const authority = makeAuthority('test CA');
const certificate = authority.issue('server', ['127.0.0.1']);
const caData = base64(authority.cert);

const startServer = serversOfEachTest();
const toClose: TestProxy[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const proxy of toClose.splice(0)) proxy.close();
});

async function opened(starting: Promise<TestProxy>): Promise<TestProxy> {
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
    const server = await startServer(answerWith(200, { ok: true }), tls);
    const proxy = await opened(startProxy());
    const proxyUrl = `${scheme}://127.0.0.1:${proxy.port}`;
    const cluster = { server: server.url, proxyUrl, caData };
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

    await failureOf(config, { timeoutMs: 1_000 });

    expect(proxy.targets).toEqual(['192.0.2.1:6443']);
  });

  it('does not weaken the check of the certificate, and honours tls-server-name', async () => {
    const elsewhere = authority.issue('server', ['localhost']);
    const server = await startServer(answerWith(200, {}), elsewhere);
    const proxy = await opened(startProxy());
    const cluster = { server: server.url, proxyUrl: `${scheme}://127.0.0.1:${proxy.port}` };
    const tlsServerName = 'localhost';

    const wrongName = await failureOf(kubeConfig({ ...cluster, caData }));
    const untrusted = await failureOf(kubeConfig({ ...cluster, tlsServerName }));

    expect(wrongName.message).toContain('is for another host name');
    expect(untrusted.message).toContain('not signed by a CA that is trusted');
    expect((await ask(kubeConfig({ ...cluster, caData, tlsServerName }))).status).toBe(200);
  });

  it('is named when it cannot be reached, without its password', async () => {
    const proxy = await startProxy();
    proxy.close();
    const proxyUrl = `${scheme}://ann:marked-secret@127.0.0.1:${proxy.port}`;
    const config = kubeConfig({ server: 'https://10.0.0.1:6443', proxyUrl });

    const error = await failureOf(config);

    expect(error.kind).toBe('network');
    expect(error.message).toContain(
      `the API server at 10.0.0.1:6443 through the proxy at 127.0.0.1:${proxy.port}`,
    );
    expect(everythingShown(error)).not.toContain('marked-secret');
  });
});

describe('an HTTP proxy that wants credentials', () => {
  it('gets those of proxy-url', async () => {
    const server = await startServer(answerWith(200, {}), certificate);
    const proxy = await opened(startHttpProxy('ann:p@ss'));
    const proxyUrl = `http://ann:p%40ss@127.0.0.1:${proxy.port}`;
    const cluster = { server: server.url, proxyUrl, caData };

    expect((await ask(kubeConfig(cluster))).status).toBe(200);
  });

  it('and does not get them is reported with its answer', async () => {
    const proxy = await opened(startHttpProxy('ann:p@ss'));
    const proxyUrl = `http://ann:marked-secret@127.0.0.1:${proxy.port}`;
    const config = kubeConfig({ server: 'https://10.0.0.1:6443', proxyUrl });

    const error = await failureOf(config);

    expect(error.message).toContain('407');
    expect(everythingShown(error)).not.toContain('marked-secret');
  });
});
