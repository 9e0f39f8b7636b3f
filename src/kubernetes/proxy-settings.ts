import { BlockList, isIP } from 'node:net';
import { LockError } from '../errors/lock-error.js';
import type { KubeCluster } from './kube-config.js';

/**
 * The proxy that leads to this server, as kubectl has it: the cluster's `proxy-url`, else what the
 * environment says in HTTPS_PROXY (HTTP_PROXY for plain http) and NO_PROXY.
 *
 * @throws LockError of kind `credentials`, without the value, which may hold a password
 */
export function proxyFor(
  { proxyUrl }: KubeCluster,
  server: URL,
  env: NodeJS.ProcessEnv = process.env,
): URL | null {
  if (proxyUrl !== undefined && proxyUrl !== null && proxyUrl !== '') {
    return parseProxy(proxyUrl, "the kubeconfig's proxy-url");
  }
  const names = server.protocol === 'https:' ? HTTPS : HTTP;
  const name = names.find((one) => textOf(env[one]) !== '');
  if (name === undefined || isSpared(server, textOf(env['NO_PROXY']) || textOf(env['no_proxy']))) {
    return null;
  }
  const given = textOf(env[name]);
  return parseProxy(/^[a-z0-9]+:\/\//i.test(given) ? given : `http://${given}`, name);
}

const HTTPS = ['HTTPS_PROXY', 'https_proxy'] as const;
const HTTP = ['HTTP_PROXY', 'http_proxy'] as const;

function textOf(value: string | undefined): string {
  return value?.trim() ?? '';
}

function parseProxy(url: string, where: string): URL {
  const proxy = URL.canParse(url) ? new URL(url) : null;
  if (proxy !== null && /^(https?|socks(4a?|5h?)?):$/.test(proxy.protocol)) return proxy;
  throw new LockError(
    `${where} is not a URL with http, https, socks4, socks4a, socks5 or socks5h.`,
    { kind: 'credentials' },
  );
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** Whether NO_PROXY names the server. This machine itself is never reached through a proxy. */
function isSpared(server: URL, noProxy: string): boolean {
  if (isLoopback(server.hostname)) return true;
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(',')
    .map((pattern) => pattern.trim())
    .some((pattern) => pattern !== '' && matches(pattern, host, port));
}

/** One of `*`, an address, a network as `10.0.0.0/8`, or a domain; the last two with a port or not. */
function matches(pattern: string, host: string, port: string): boolean {
  if (pattern === '*') return true;
  const network = /^(.+)\/(\d+)$/.exec(pattern);
  if (network !== null) return isInNetwork(host, network[1] ?? '', Number(network[2]));
  const [, bracketed, plain, itsPort] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(pattern) ?? [];
  if (itsPort !== undefined && itsPort !== port) return false;
  // An IPv6 address without brackets has no port.
  const name = bracketed ?? plain ?? pattern;
  if (isIP(name) !== 0) return isInNetwork(host, name, isIP(name) === 4 ? 32 : 128);
  const domain = name.replace(/^\*\./, '.');
  if (domain === '') return false;
  return domain.startsWith('.')
    ? host.endsWith(domain)
    : host === domain || host.endsWith(`.${domain}`);
}

function isInNetwork(host: string, address: string, prefix: number): boolean {
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  if (isIP(host) === 0 || isIP(address) !== isIP(host)) return false;
  if (prefix > (family === 'ipv4' ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return list.check(host, family);
}
