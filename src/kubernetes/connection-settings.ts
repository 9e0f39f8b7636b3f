import { createHmac, randomBytes } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { LockError } from '../errors/lock-error.js';
import type { KubeCluster, KubeConfigLike } from './kube-config.js';
import { safeReason } from './safe-reason.js';

/** Where requests go and with which credentials, as of one moment. */
export interface ConnectionSettings {
  readonly server: URL;
  /** `host:port`, for messages. */
  readonly address: string;
  /** The proxy's `host:port`, for messages. */
  readonly proxyAddress: string | null;
  /** Credentials and impersonation. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ConnectionOptions;
  /** What the connection goes through. May hold a password. */
  readonly proxy: URL | null;
  /** Equal for equal server and TLS material, and tells nothing about either. */
  readonly agentKey: string;
  /** What must never be shown. */
  readonly secrets: readonly string[];
}

type HttpsOptions = RequestOptions & { pfx?: ConnectionOptions['pfx'] };

/**
 * Asks the kubeconfig for its present credentials: reads certificate and token files, runs the
 * credential plugin if its last answer has expired.
 *
 * @throws LockError of kind `credentials`
 */
export async function readConnectionSettings(
  kubeConfig: KubeConfigLike,
): Promise<ConnectionSettings> {
  const cluster = currentCluster(kubeConfig);
  const server = parseServer(cluster);
  const options: HttpsOptions & { headers: Record<string, unknown> } = { headers: {} };
  try {
    await applicable(kubeConfig, cluster, server).applyToHTTPSOptions(options);
  } catch (error) {
    throw new LockError(whyNoCredentials(kubeConfig, error), { kind: 'credentials' });
  }
  const headers = readHeaders(options);
  refusePlainTextSecrets(server, cluster, headers);
  const proxy = parseProxy(cluster);
  const tls = server.protocol === 'https:' ? tlsOptions(options) : {};
  return {
    server,
    address: hostAndPort(server),
    proxyAddress: proxy === null ? null : hostAndPort(proxy),
    headers,
    tls,
    proxy,
    agentKey: agentKey(server, proxy, tls),
    secrets: collectSecrets(headers, options, proxy),
  };
}

function currentCluster(kubeConfig: KubeConfigLike): KubeCluster {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster !== null && cluster !== undefined) return cluster;
  const context = JSON.stringify(kubeConfig.getCurrentContext() ?? '');
  throw new LockError(
    `the kubeconfig has no cluster for its current context ${context}: set current-context.`,
    { kind: 'credentials' },
  );
}

function parseServer(cluster: KubeCluster): URL {
  const server = URL.canParse(cluster.server) ? new URL(cluster.server) : null;
  if (server !== null && /^https?:$/.test(server.protocol)) return server;
  throw new LockError(
    `the kubeconfig's server for cluster ${JSON.stringify(cluster.name ?? '')} is not an http or ` +
      'https URL.',
    { kind: 'credentials' },
  );
}

function parseProxy(cluster: KubeCluster): URL | null {
  const { proxyUrl } = cluster;
  if (proxyUrl === undefined || proxyUrl === null || proxyUrl === '') return null;
  const proxy = URL.canParse(proxyUrl) ? new URL(proxyUrl) : null;
  if (proxy !== null && /^(https?|socks(4a?|5h?)?):$/.test(proxy.protocol)) return proxy;
  throw new LockError(
    "the kubeconfig's proxy-url is not a URL with http, https, socks4, socks4a, socks5 or socks5h.",
    { kind: 'credentials' },
  );
}

/**
 * The kubeconfig itself, or a view of it that makes up for two things of the client library: it
 * throws for plain http (which a local `kubectl proxy` speaks), and applies no CA when the context
 * has no user. Nor shall it load what it has for proxies, which are dealt with here.
 */
function applicable(kubeConfig: KubeConfigLike, cluster: KubeCluster, server: URL): KubeConfigLike {
  const plainHttp = server.protocol === 'http:' && cluster.skipTLSVerify !== true;
  const user = kubeConfig.getCurrentUser() ?? null;
  const proxied = typeof cluster.proxyUrl === 'string' && cluster.proxyUrl !== '';
  if (!plainHttp && user !== null && !proxied) return kubeConfig;
  const seenCluster = {
    ...cluster,
    proxyUrl: undefined,
    ...(plainHttp ? { skipTLSVerify: true } : {}),
  };
  const seenUser = user ?? { name: '' };
  return Object.create(kubeConfig, {
    getCurrentCluster: { value: () => seenCluster },
    getCurrentUser: { value: () => seenUser },
  }) as KubeConfigLike;
}

function readHeaders(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file ends in a line break more often than not, which no header may contain.
    if (value !== undefined && value !== null) headers[name] = String(value).trim();
  }
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const illegal = Object.entries(headers).find(([, value]) =>
    /[^\t\x20-\x7e\x80-\xff]/.test(value),
  );
  if (illegal === undefined) return headers;
  throw new LockError(
    `the kubeconfig's credentials give a header ${JSON.stringify(illegal[0])} that contains ` +
      'characters no HTTP header may have, such as a line break.',
    { kind: 'credentials' },
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** Credentials go over plain http only within this machine, or where TLS checks were waived. */
function refusePlainTextSecrets(
  server: URL,
  cluster: KubeCluster,
  headers: Readonly<Record<string, string>>,
): void {
  if (server.protocol === 'https:' || cluster.skipTLSVerify === true) return;
  if (isLoopback(server.hostname) || headers['Authorization'] === undefined) return;
  throw new LockError(
    `the kubeconfig would send credentials to ${hostAndPort(server)} over plain http: use an ` +
      'https server, or set insecure-skip-tls-verify if that network is safe.',
    { kind: 'credentials' },
  );
}

const TLS_FIELDS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername'] as const;

function tlsOptions(options: HttpsOptions): ConnectionOptions {
  const tls: ConnectionOptions = {};
  for (const field of TLS_FIELDS) {
    const value = options[field];
    if (value !== undefined && value !== null) Object.assign(tls, { [field]: value });
  }
  // Left out unless it was set, so that Node's own default stays in force.
  if (options.rejectUnauthorized !== undefined) tls.rejectUnauthorized = options.rejectUnauthorized;
  return tls;
}

/** Drawn anew in each process, so that a key cannot be used to guess a passphrase. */
const hashSalt = randomBytes(32);

function agentKey(server: URL, proxy: URL | null, tls: ConnectionOptions): string {
  const hash = createHmac('sha256', hashSalt);
  hash.update(JSON.stringify([server.origin, proxy?.href, tls.rejectUnauthorized]));
  for (const field of TLS_FIELDS) {
    hash.update(`\0${field}\0`);
    for (const part of [tls[field]].flat()) {
      if (typeof part === 'string' || Buffer.isBuffer(part)) hash.update(part).update('\0');
      else if (part !== undefined) hash.update(JSON.stringify(part));
    }
  }
  return hash.digest('hex');
}

function collectSecrets(
  headers: Readonly<Record<string, string>>,
  options: RequestOptions,
  proxy: URL | null,
): string[] {
  const candidates = [
    headers['Authorization']?.replace(/^\S+\s+/, ''),
    typeof options.auth === 'string' ? options.auth : undefined,
    typeof options.auth === 'string' ? options.auth.replace(/^[^:]*:/, '') : undefined,
    proxy?.password,
    proxy === null ? undefined : decodeURIComponent(proxy.password),
  ];
  // Very short ones would only turn ordinary words of a message into noise.
  return candidates.filter((secret): secret is string => secret !== undefined && secret.length > 3);
}

function hostAndPort(url: URL): string {
  const standard: Record<string, string> = { 'https:': '443', 'http:': '80' };
  return `${url.hostname}:${url.port === '' ? (standard[url.protocol] ?? '1080') : url.port}`;
}

function whyNoCredentials(kubeConfig: KubeConfigLike, error: unknown): string {
  const user = kubeConfig.getCurrentUser();
  const who = `the kubeconfig's user ${JSON.stringify(user?.name ?? '')}`;
  const command = pluginCommand(user);
  if (command !== null) {
    return (
      `the credential plugin ${JSON.stringify(command)} of ${who} gave no credentials ` +
      `(${safeReason(error)}). Its output is not shown because it may hold secrets: run it by hand.`
    );
  }
  return `the credentials of ${who} could not be read: ${safeReason(error)}.`;
}

/** The plugin's command without its arguments, which may be secret; null when there is none. */
export function pluginCommand(
  user: { readonly exec?: unknown; readonly authProvider?: unknown } | null,
): string | null {
  const provider = user?.authProvider as { config?: { exec?: unknown } } | null | undefined;
  const exec = user?.exec ?? provider?.config?.exec;
  const command = (exec as { command?: unknown } | null | undefined)?.command;
  return typeof command === 'string' ? command : null;
}
