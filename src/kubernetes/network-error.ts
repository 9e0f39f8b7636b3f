import { LockError } from '../errors/lock-error.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { ExchangeError } from './exchange.js';
import type { Origin } from './origin.js';
import { bareError, scrub } from './safe-reason.js';

/** Turns a failed connection into words: what, with whom, why, and what to do about it. */
export function networkError(
  subject: string,
  settings: ConnectionSettings,
  error: ExchangeError,
): LockError {
  const { code, cause } = error;
  const why = explain(code, cause, settings);
  return new LockError(`${subject}: ${scrub(why, settings.secrets)}`, {
    // An answer that is too large is an answer: the server is at fault, and a write may be stored.
    kind: code === 'ERR_BODY_TOO_LARGE' ? 'serverError' : 'network',
    cause: bareError(cause, settings.secrets),
  });
}

function explain(code: string, cause: unknown, settings: ConnectionSettings): string {
  const { whereServer } = settings.origin;
  const server = `the API server at ${settings.address}`;
  const via =
    settings.proxyAddress === null ? '' : ` through the proxy at ${settings.proxyAddress}`;
  const reach = `cannot reach ${server}${via}`;
  const certificate = explainCertificate(code, cause, server, settings.origin);
  if (certificate !== null) return certificate;
  switch (code) {
    case 'ECONNREFUSED':
      return `${reach}: connection refused (${code}). ${refusedHint(settings)}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${reach}: the host name cannot be resolved (${code}). Check ${whereServer()}.`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${reach}: no answer from that address (${code}).`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `the connection to ${server}${via} was closed before the whole answer arrived (${code}).`;
    case 'ERR_BODY_TOO_LARGE':
      return `${server} sent an answer that is too large: ${messageOf(cause)}.`;
    default:
      break;
  }
  if (code.startsWith('HPE_')) {
    return `${server} did not answer in HTTP (${code}): is the scheme of its URL right?`;
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return (
      `the TLS handshake with ${server}${via} failed (${code}): it may not speak TLS, or refuse ` +
      'our client certificate.'
    );
  }
  const detail = code === '' ? messageOf(cause) : code;
  return `the connection to ${server}${via} failed: ${detail}.`;
}

/** What the client library assumes when it finds neither a kubeconfig nor a service account. */
const FALLBACK_SERVER = 'localhost:8080';

function refusedHint(settings: ConnectionSettings): string {
  return settings.address === FALLBACK_SERVER
    ? 'That is the address used when no kubeconfig is found: set KUBECONFIG, or run in a pod.'
    : `Check that it runs, and ${settings.origin.whereServer()}.`;
}

function explainCertificate(
  code: string,
  cause: unknown,
  server: string,
  { isPod, authority }: Origin,
): string | null {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return (
        `the certificate of ${server} is self-signed or comes from an unknown CA (${code}): ` +
        `${isPod ? 'check' : 'set'} ${authority}.`
      );
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return (
        `the certificate of ${server} is not signed by a CA that is trusted here (${code}): check ` +
        `${authority}.`
      );
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${server} has expired (${code}), or this machine's clock is wrong.`;
    case 'CERT_NOT_YET_VALID':
      return `the certificate of ${server} is not valid yet (${code}), or this machine's clock is wrong.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return (
        `the certificate of ${server} is for another host name (${code}): ${altNames(cause)} ` +
        (isPod
          ? 'Set KUBERNETES_SERVICE_HOST to a name that it covers.'
          : 'Set tls-server-name in the kubeconfig, or use a server name that it covers.')
      );
    default:
      return null;
  }
}

function altNames(cause: unknown): string {
  const names = (cause as { cert?: { subjectaltname?: unknown } }).cert?.subjectaltname;
  return typeof names === 'string' ? `it covers ${names.slice(0, 300)}.` : 'it covers no name.';
}

function messageOf(cause: unknown): string {
  const message = (cause as { message?: unknown } | undefined)?.message;
  const line = typeof message === 'string' ? message.split('\n')[0] : undefined;
  return line === undefined || line === '' ? 'no reason given' : line.slice(0, 200);
}
