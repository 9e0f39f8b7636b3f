import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** What stands between one candidate and the API server for a while. */
export type NetworkFault =
  /** Requests are swallowed: nothing is forwarded, and nothing is answered. */
  | { readonly kind: 'silence' }
  /** Requests are carried out, and their answers swallowed. */
  | { readonly kind: 'answersLost' }
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'reset' }
  /** Requests are carried out, and then the connection is cut. */
  | { readonly kind: 'resetAfterCommit' }
  /** Answers come a few bytes at a time. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** Requests are carried out, and answered with an error. */
  | { readonly kind: 'statusAfterCommit'; readonly status: number }
  /** The candidate's token is not accepted. */
  | { readonly kind: 'badToken' }
  /** Requests go through, and what watches tell does not, or late, or more than once. */
  | { readonly kind: 'watch'; readonly how: WatchFault };

/**
 * - `mute`: watches stay open and tell nothing, for ever
 * - `late`: what they tell comes seconds late, and so does not fit what was read meanwhile
 * - `repeated`: everything is told again a second later, after what came next
 * - `cut`: watches end twice a second
 * - `refused`: there is no right to watch
 */
export type WatchFault = 'mute' | 'late' | 'repeated' | 'cut' | 'refused';

interface Target {
  readonly url: string;
  readonly caCertificate: string;
  readonly token: string;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** Forwards requests to the API server under one user's token, and misbehaves on command. */
export class HttpFaultProxy implements AsyncDisposable {
  fault: NetworkFault | null = null;
  readonly #target: Target;
  readonly #server: http.Server;
  readonly #agent: https.Agent;

  private constructor(target: Target) {
    this.#target = target;
    this.#agent = new https.Agent({ keepAlive: true, ca: target.caCertificate });
    this.#server = http.createServer((request, response) => {
      void this.#handle(request, response).catch(() => request.socket.destroy());
    });
  }

  static async start(target: Target): Promise<HttpFaultProxy> {
    const proxy = new HttpFaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the fault. Connections that hang are cut, as a network that comes back does in the end. */
  heal(): void {
    if (this.fault !== null) this.#server.closeAllConnections();
    this.fault = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { fault } = this;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'status') {
      refuse(response, fault.status, fault.retryAfterSeconds);
      return;
    }
    if (fault?.kind === 'latency') await sleep(fault.ms);
    if (/[?&]watch=true/.test(request.url ?? '')) {
      await this.#watch(request, response);
      return;
    }
    const answer = await this.#forward(request, Buffer.concat(chunks), fault);
    if (fault?.kind === 'answersLost') return;
    if (fault?.kind === 'resetAfterCommit') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'statusAfterCommit') {
      refuse(response, fault.status);
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.contentType });
    if (fault?.kind === 'throttle') await dribble(response, answer.body, fault.bytesPerSecond);
    response.end(fault?.kind === 'throttle' ? undefined : answer.body);
  }

  /** Passes on what the watch tells, event by event, as the fault of the moment allows. */
  async #watch(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (this.fault?.kind === 'watch' && this.fault.how === 'refused') {
      refuse(response, 403);
      return;
    }
    const answer = await this.#send(request, Buffer.alloc(0), this.fault);
    if (response.destroyed) {
      answer.destroy();
      return;
    }
    response.once('close', () => answer.destroy());
    const lines = createInterface({ input: answer });
    // Of a connection that breaks, the lines alone would not end.
    answer.once('close', () => lines.close());
    response.writeHead(answer.statusCode ?? 500, {
      'content-type': answer.headers['content-type'] ?? 'application/json',
    });
    response.flushHeaders();
    let isMute = false;
    const cut = setInterval(() => {
      if (this.fault?.kind === 'watch' && this.fault.how === 'cut') response.destroy();
    }, 500);
    const write = (line: string): void => {
      if (!response.destroyed) response.write(`${line}\n`);
    };
    try {
      for await (const line of lines) {
        const { fault } = this;
        const how = fault?.kind === 'watch' ? fault.how : null;
        isMute ||= how === 'mute' || fault?.kind === 'silence' || fault?.kind === 'answersLost';
        if (isMute) continue;
        const delayMs = fault?.kind === 'latency' ? fault.ms : how === 'late' ? 4000 : 0;
        if (delayMs > 0) setTimeout(write, delayMs, line);
        else write(line);
        if (how === 'repeated') setTimeout(write, 1500, line);
      }
    } catch {
      // The server's end of the connection broke; the candidate's is to break, too.
      response.destroy();
    } finally {
      clearInterval(cut);
    }
    response.end();
  }

  async #forward(
    request: http.IncomingMessage,
    body: Buffer,
    fault: NetworkFault | null,
  ): Promise<Answer> {
    const answer = await this.#send(request, body, fault);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return {
      status: answer.statusCode ?? 500,
      contentType: answer.headers['content-type'] ?? 'application/json',
      body: Buffer.concat(chunks),
    };
  }

  async #send(
    { method, url = '/', headers }: http.IncomingMessage,
    body: Buffer,
    fault: NetworkFault | null,
  ): Promise<http.IncomingMessage> {
    const token = fault?.kind === 'badToken' ? 'no-such-token' : this.#target.token;
    const request = https.request(new URL(url, this.#target.url), {
      method,
      agent: this.#agent,
      headers: {
        authorization: `Bearer ${token}`,
        // Go's client speaks protobuf.
        ...(headers.accept === undefined ? {} : { accept: headers.accept }),
        ...(headers['content-type'] === undefined
          ? {}
          : { 'content-type': headers['content-type'] }),
        ...(body.length > 0 ? { 'content-length': body.length } : {}),
      },
    });
    request.end(body);
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    return answer;
  }
}

const REASONS: Readonly<Record<number, string>> = { 403: 'Forbidden', 429: 'TooManyRequests' };

function refuse(response: http.ServerResponse, status: number, retryAfterSeconds?: number): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(
    JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: 'made up by the fault proxy',
      reason: REASONS[status] ?? 'InternalError',
      code: status,
    }),
  );
}

async function dribble(
  response: http.ServerResponse,
  body: Buffer,
  bytesPerSecond: number,
): Promise<void> {
  const step = Math.max(1, Math.round(bytesPerSecond / 10));
  for (let at = 0; at < body.length && !response.destroyed; at += step) {
    response.write(body.subarray(at, at + step));
    await sleep(100);
  }
}
