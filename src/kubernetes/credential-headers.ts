import type { RequestOptions } from 'node:https';
import { LockError } from '../errors/lock-error.js';
import type { KubeUser } from './kube-config.js';
import { FROM_KUBECONFIG, type Origin } from './origin.js';

/*
 * The headers that carry credentials: made of what the client library gives, and of what it leaves out.
 */

/** As Node's HTTP client takes them: several values are several lines. */
export type RequestHeaders = Record<string, string | string[]>;

/** What the client library gives. Throws a LockError where no header could carry it. */
export function readHeaders(options: RequestOptions, origin: Origin): RequestHeaders {
  const headers: RequestHeaders = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file ends in a line break more often than not, which no header may contain.
    if (value !== undefined && value !== null) headers[name] = String(value).trim();
  }
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return legal(headers, origin);
}

function legal(headers: RequestHeaders, { name }: Origin): RequestHeaders {
  const illegal = Object.entries(headers).find(([, values]) =>
    [values].flat().some((value) => /[^\t\x20-\x7e\x80-\xff]/.test(value)),
  );
  if (illegal === undefined) return headers;
  throw new LockError(
    `the credentials of ${name} give a header ${JSON.stringify(illegal[0])} that contains ` +
      'characters no HTTP header may have, such as a line break.',
    { kind: 'credentials' },
  );
}

/** What the client library does not send for a user that acts as somebody else. */
export function impersonation(user: KubeUser | null): RequestHeaders {
  const { impersonateUser, impersonateGroups, impersonateUid, impersonateUserExtra } = user ?? {};
  const headers: RequestHeaders = {};
  const groups = textsOf(impersonateGroups);
  if (groups.length > 0) headers['Impersonate-Group'] = groups;
  if (typeof impersonateUid === 'string') headers['Impersonate-Uid'] = impersonateUid;
  for (const [key, values] of Object.entries(impersonateUserExtra ?? {})) {
    // What no header's name may contain is percent-encoded.
    const name = encodeURIComponent(key).replaceAll('(', '%28').replaceAll(')', '%29');
    headers[`Impersonate-Extra-${name}`] = textsOf(values);
  }
  if (Object.keys(headers).length === 0) return headers;
  if (typeof impersonateUser === 'string' && impersonateUser !== '')
    return legal(headers, FROM_KUBECONFIG);
  throw new LockError(
    `the kubeconfig's user ${JSON.stringify(user?.name ?? '')} acts with the groups, uid or extra ` +
      'of somebody whom it does not name: set `as` beside `as-groups`, `as-uid`, `as-user-extra`.',
    { kind: 'credentials' },
  );
}

function textsOf(values: unknown): string[] {
  return Array.isArray(values) ? values.map(String) : [];
}

/** Whoever stands in for the client library may write it otherwise than that does. */
export function authorizationOf(headers: Readonly<RequestHeaders>): string | null {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === 'authorization');
  return name === undefined ? null : String(headers[name]);
}

/** What must never be shown. */
export function collectSecrets(
  headers: Readonly<RequestHeaders>,
  options: RequestOptions,
  proxy: URL | null,
): string[] {
  const candidates = [
    authorizationOf(headers)?.replace(/^\S+\s+/, ''),
    typeof options.auth === 'string' ? options.auth : undefined,
    typeof options.auth === 'string' ? options.auth.replace(/^[^:]*:/, '') : undefined,
    proxy?.password,
    proxy === null ? undefined : decodeURIComponent(proxy.password),
  ];
  // Very short ones would only turn ordinary words of a message into noise.
  return candidates.filter((secret): secret is string => secret !== undefined && secret.length > 3);
}
