import { createHmac, randomBytes } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { LockError } from '../errors/lock-error.js';
import {
  authorizationOf,
  collectSecrets,
  impersonation,
  readHeaders,
  type RequestHeaders,
} from './credential-headers.js';
import { CredentialProblem, pluginCommand } from './exec-plugin.js';
import type { KubeCluster, KubeConfigLike, KubeUser } from './kube-config.js';
import { originOf, type Origin } from './origin.js';
import { isLoopback, proxyFor } from './proxy-settings.js';
import { safeReason } from './safe-reason.js';
import { whyNoCluster } from './why-no-cluster.js';
import { UserCredentials } from './user-credentials.js';

/** Where requests go and with which credentials, as of one moment. */
export interface ConnectionSettings {
  readonly server: URL;
  /** `host:port`, for messages. */
  readonly address: string;
  /** The proxy's `host:port`, for messages. */
  readonly proxyAddress: string | null;
  /** Credentials and impersonation. */
  readonly headers: Readonly<RequestHeaders>;
  /** Why there are no credentials, for messages; null when there are. */
  readonly withoutCredentials: string | null;
  readonly tls: ConnectionOptions;
  /** What the connection goes through. May hold a password. */
  readonly proxy: URL | null;
  /** Equal for equal server and TLS material, and tells nothing about either. */
  readonly agentKey: string;
  /** What must never be shown. */
  readonly secrets: readonly string[];
  /** Where all this comes from, for messages. */
  readonly origin: Origin;
}

type HttpsOptions = RequestOptions & { pfx?: ConnectionOptions['pfx'] };

/**
 * Asks the kubeconfig for its present credentials: reads certificate and token files, runs the
 * credential plugin if its last answer has expired.
 *
 * @param credentials remembers what the plugin has answered
 * @throws LockError of kind `credentials`
 */
export async function readConnectionSettings(
  kubeConfig: KubeConfigLike,
  credentials = new UserCredentials(),
): Promise<ConnectionSettings> {
  const cluster = currentCluster(kubeConfig);
  const server = parseServer(cluster);
  const proxy = proxyFor(cluster, server);
  const user = kubeConfig.getCurrentUser() ?? null;
  const origin = originOf(kubeConfig);
  const options: HttpsOptions & { headers: Record<string, unknown> } = { headers: {} };
  try {
    const seenUser = user === null ? { name: '' } : await credentials.of(user, cluster);
    const seen = seenCluster(cluster, server);
    const isAsItIs = seen === cluster && seenUser === user;
    const source = isAsItIs ? kubeConfig : seenAs(kubeConfig, seen, seenUser);
    await source.applyToHTTPSOptions(options);
  } catch (error) {
    throw new LockError(whyNoCredentials(origin, user, error), { kind: 'credentials' });
  }
  const headers = { ...readHeaders(options, origin), ...impersonation(user) };
  refusePlainTextSecrets(server, cluster, headers);
  const tls = server.protocol === 'https:' ? tlsOptions(options) : {};
  return {
    server,
    address: hostAndPort(server),
    proxyAddress: proxy === null ? null : hostAndPort(proxy),
    headers,
    withoutCredentials: whyWithoutCredentials(origin, user, headers, tls),
    tls,
    proxy,
    agentKey: agentKey(server, proxy, tls),
    secrets: collectSecrets(headers, options, proxy),
    origin: originOf(kubeConfig, authorizationOf(headers)),
  };
}

function currentCluster(kubeConfig: KubeConfigLike): KubeCluster {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster !== null && cluster !== undefined) return cluster;
  throw new LockError(`the kubeconfig cannot be used: ${whyNoCluster(kubeConfig)}.`, {
    kind: 'credentials',
  });
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

/**
 * The cluster as the client library is to see it. It throws for plain http, which a local
 * `kubectl proxy` speaks, and shall not load what it has for proxies, which are dealt with here.
 */
function seenCluster(cluster: KubeCluster, server: URL): KubeCluster {
  const plainHttp = server.protocol === 'http:' && cluster.skipTLSVerify !== true;
  const proxied = typeof cluster.proxyUrl === 'string' && cluster.proxyUrl !== '';
  if (!plainHttp && !proxied) return cluster;
  return { ...cluster, proxyUrl: undefined, ...(plainHttp ? { skipTLSVerify: true } : {}) };
}

/**
 * The kubeconfig as one that has this cluster and user. The client library applies no CA when the
 * context has no user.
 */
function seenAs(kubeConfig: KubeConfigLike, cluster: KubeCluster, user: KubeUser): KubeConfigLike {
  return Object.create(kubeConfig, {
    getCurrentCluster: { value: () => cluster },
    getCurrentUser: { value: () => user },
  }) as KubeConfigLike;
}

function whyWithoutCredentials(
  origin: Origin,
  user: KubeUser | null,
  headers: Readonly<RequestHeaders>,
  tls: ConnectionOptions,
): string | null {
  if (authorizationOf(headers) !== null) return null;
  if (tls.cert !== undefined || tls.pfx !== undefined) return null;
  if (user === null) return "the kubeconfig's context names no user";
  const who = ownerOf(origin, user);
  return typeof user.token === 'string'
    ? `the token of ${who} is empty`
    : `${who} has no token, token file, client certificate, password or plugin`;
}

/** Credentials go over plain http only within this machine, or where TLS checks were waived. */
function refusePlainTextSecrets(
  server: URL,
  cluster: KubeCluster,
  headers: Readonly<RequestHeaders>,
): void {
  if (server.protocol === 'https:' || cluster.skipTLSVerify === true) return;
  if (isLoopback(server.hostname) || authorizationOf(headers) === null) return;
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

function hostAndPort(url: URL): string {
  const standard: Record<string, string> = { 'https:': '443', 'http:': '80' };
  return `${url.hostname}:${url.port === '' ? (standard[url.protocol] ?? '1080') : url.port}`;
}

/** Whose the credentials are. */
function ownerOf({ isPod, name }: Origin, user: KubeUser | null): string {
  return isPod ? name : `${name}'s user ${JSON.stringify(user?.name ?? '')}`;
}

function whyNoCredentials(origin: Origin, user: KubeUser | null, error: unknown): string {
  const who = ownerOf(origin, user);
  const why = error instanceof CredentialProblem ? error.message : safeReason(error);
  const command = pluginCommand(user);
  if (command !== null) {
    const plugin = `the credential plugin ${JSON.stringify(command)} of ${who}`;
    if (why.startsWith('ENOENT in spawn')) {
      return `${plugin} was not found (ENOENT): install it, or add its directory to PATH.`;
    }
    return (
      `${plugin} gave no credentials (${why}). Its output is not shown because it may hold ` +
      'secrets: run it by hand.'
    );
  }
  return `the credentials of ${who} could not be read: ${why}.`;
}

/** For messages. */
export function connectionTo({ address, proxyAddress }: ConnectionSettings): string {
  const via = proxyAddress === null ? '' : ` through the proxy at ${proxyAddress}`;
  return `a connection to the API server at ${address}${via}`;
}
