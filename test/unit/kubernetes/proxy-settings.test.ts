import { describe, expect, it, vi, afterEach } from 'vitest';
import { proxyFor } from '../../../src/kubernetes/proxy-settings.js';
import { failureOf } from './support/asking.js';
import { kubeConfig } from './support/kube-configs.js';
import { everythingShown } from './support/show.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const PROXY = 'http://proxy.example:3128';

function proxyOf(server: string, env: NodeJS.ProcessEnv, proxyUrl?: string): string | undefined {
  return proxyFor({ server, proxyUrl }, new URL(server), env)?.href.replace(/\/$/, '');
}

describe('the proxy of a cluster', () => {
  it.each<[situation: string, server: string, env: NodeJS.ProcessEnv, expected?: string]>([
    ['none', 'https://10.0.0.1', {}],
    ['that of HTTPS_PROXY for https', 'https://10.0.0.1', { HTTPS_PROXY: PROXY }, PROXY],
    ['that of https_proxy for https', 'https://10.0.0.1', { https_proxy: PROXY }, PROXY],
    [
      'the upper-case one of two',
      'https://10.0.0.1',
      { HTTPS_PROXY: PROXY, https_proxy: 'x' },
      PROXY,
    ],
    ['none of HTTP_PROXY for https', 'https://10.0.0.1', { HTTP_PROXY: PROXY }],
    ['that of HTTP_PROXY for http', 'http://10.0.0.1', { HTTP_PROXY: PROXY }, PROXY],
    ['none of HTTPS_PROXY for http', 'http://10.0.0.1', { HTTPS_PROXY: PROXY }],
    ['one without a scheme', 'https://10.0.0.1', { HTTPS_PROXY: 'proxy.example:3128' }, PROXY],
    ['a SOCKS one', 'https://10.0.0.1', { HTTPS_PROXY: 'socks5://p:1' }, 'socks5://p:1'],
    ['none where it is blank', 'https://10.0.0.1', { HTTPS_PROXY: ' ' }],
    ['none for localhost', 'https://localhost:6443', { HTTPS_PROXY: PROXY }],
    ['none for 127.8.8.8', 'https://127.8.8.8:6443', { HTTPS_PROXY: PROXY }],
    ['none for ::1', 'https://[::1]:6443', { HTTPS_PROXY: PROXY }],
  ])('is %s', (_, server, env, expected) => {
    expect(proxyOf(server, env)).toBe(expected);
  });

  it('is its own proxy-url before that of the environment, whatever NO_PROXY says', () => {
    const env = { HTTPS_PROXY: PROXY, NO_PROXY: '*' };

    expect(proxyOf('https://10.0.0.1', env, 'http://own:1')).toBe('http://own:1');
  });

  it.each([
    ['*', 'https://10.0.0.1', true],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['10.0.0.1', 'https://10.0.0.2', false],
    ['10.0.0.1:6443', 'https://10.0.0.1:6443', true],
    ['10.0.0.1:6443', 'https://10.0.0.1', false],
    ['10.0.0.1:443', 'https://10.0.0.1', true],
    ['10.0.0.0/8', 'https://10.200.0.1', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
    ['fd00::/8', 'https://[fd12::1]:6443', true],
    ['fd00::/8', 'https://10.0.0.1', false],
    ['fd12::1', 'https://[fd12::1]', true],
    ['[fd12::1]:6443', 'https://[fd12::1]:6443', true],
    ['[fd12::1]:6443', 'https://[fd12::1]', false],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://api.example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['.example.com', 'https://api.example.com', true],
    ['.example.com', 'https://example.com', false],
    ['*.example.com', 'https://api.example.com', true],
    ['EXAMPLE.com', 'https://Api.Example.Com', true],
    ['example.com:6443', 'https://api.example.com:6443', true],
    ['example.com:6443', 'https://api.example.com', false],
    [' a.b , 10.0.0.0/8 ,, x', 'https://10.0.0.1', true],
    [':443', 'https://10.0.0.1', false],
    ['', 'https://10.0.0.1', false],
  ])('with NO_PROXY %j is none for %s: %j', (noProxy, server, isSpared) => {
    const expected = isSpared ? undefined : PROXY;

    expect(proxyOf(server, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy })).toBe(expected);
    expect(proxyOf(server, { HTTPS_PROXY: PROXY, no_proxy: noProxy })).toBe(expected);
  });

  it('that the environment gives and that is no URL is refused without its password', async () => {
    vi.stubEnv('HTTPS_PROXY', 'ftp://ann:marked-secret@proxy');

    const error = await failureOf(kubeConfig({ server: 'https://10.0.0.1' }));

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain('HTTPS_PROXY is not a URL with http, https, socks4');
    expect(everythingShown(error)).not.toContain('marked-secret');
  });
});
