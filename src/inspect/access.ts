import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { requestUrl } from '../http/request-url.js';

export type Access =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly status: 400 | 404; readonly because: string };

/**
 * Who may see anything: whoever knows the token, which is the first part of the path. That the
 * request was made for this very address the server has seen to already.
 */
export function checkAccess(request: IncomingMessage, token: string): Access {
  const url = requestUrl(request.url);
  if (url === null) return { ok: false, status: 400, because: 'This is no address.' };
  const [, given = '', ...rest] = url.pathname.split('/');
  if (!sameText(given, token) || rest.length === 0) {
    return {
      ok: false,
      status: 404,
      because: 'Nothing here. The address of the live chart holds a token: use the whole of it.',
    };
  }
  return { ok: true, path: rest.join('/') };
}

/**
 * Whether a request that reports has the token, in a header: addresses are written into the logs of
 * proxies, and this one may come from another machine.
 */
export function mayReport({ headers }: IncomingMessage, token: string): boolean {
  return sameText(/^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '', token);
}

/** That no other site's page asks, under whatever name this server is known. */
export function isSameOrigin({ headers: { host, origin } }: IncomingMessage): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** In a time that does not depend on how much of it is right. */
function sameText(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** On every answer. Nothing is loaded from elsewhere, but for the one site named, into a frame. */
export function securityHeaders(frame?: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    ...(frame === undefined ? [] : [`frame-src ${frame}`]),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}

/** What can be a token. */
export const TOKEN = /^[\w-]{16,200}$/;
export const TOKEN_FORM = 'at least 16 letters, digits, "-" or "_"';

export function newToken(): string {
  return randomBytes(18).toString('base64url');
}
