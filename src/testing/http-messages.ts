import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_BODY_BYTES } from './apiserver/bodies.js';
import type { Answer } from './apiserver/call.js';
import type { ApiRequest } from './apiserver/routes.js';
import type { WatchStream } from './apiserver/watches.js';
import { readBody } from '../http/body.js';
import { requestUrl } from '../http/request-url.js';

/** Of a longer body the rest is not kept: it is too long for the API in whatever letters it is. */
const MOST_KEPT_BYTES = 4 * MAX_BODY_BYTES;

/** Null when the sender went away before the request was complete. */
export async function readRequest(incoming: IncomingMessage): Promise<ApiRequest | null> {
  const body = await readBody(incoming, MOST_KEPT_BYTES);
  if (body === null) return null;
  const url = requestUrl(incoming.url);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return {
    method: incoming.method ?? 'GET',
    // What is no address is one that the server does not know.
    path: url?.pathname ?? '',
    query: url?.searchParams ?? new URLSearchParams(),
    headers: Object.fromEntries(headers) as ApiRequest['headers'],
    body: body.text,
  };
}

/** The body as it is sent: JSON, or the text itself. */
export function bodyOf({ body }: Answer): string {
  return typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
}

/** Sends the status line and the headers. A watch's go out at once, though no event may follow. */
export function sendHead(answer: Answer | WatchStream, response: ServerResponse, now: Date): void {
  response.setHeader('Audit-Id', randomUUID());
  response.setHeader('Cache-Control', 'no-cache, private');
  response.setHeader('Date', now.toUTCString());
  if (answer.type === 'watch') {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    return;
  }
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  const isText = typeof answer.body === 'string';
  response.writeHead(answer.status, {
    'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'Content-Length': Buffer.byteLength(bodyOf(answer)),
  });
}
