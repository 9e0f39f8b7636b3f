import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ForwarderOptions {
  /** Every PUT is carried out, and the connection then broken before its answer begins. */
  readonly breaksPuts: boolean;
}

/** An upstream for a proxy: plain HTTP on 127.0.0.1, handed on to an API server. */
export class Forwarder implements AsyncDisposable {
  /** PUTs that were stored and never answered. */
  broken = 0;
  readonly #server: Server;

  private constructor(target: string, ca: string, { breaksPuts }: ForwarderOptions) {
    this.#server = createServer((request, response) => {
      void this.#forward(request, response, { target, ca, breaksPuts });
    });
  }

  static async start(
    api: { readonly url: string; readonly caCertificate: string },
    options: ForwarderOptions,
  ): Promise<Forwarder> {
    const forwarder = new Forwarder(api.url, api.caCertificate, options);
    forwarder.#server.listen(0, '127.0.0.1');
    await once(forwarder.#server, 'listening');
    return forwarder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #forward(
    request: IncomingMessage,
    response: ServerResponse,
    { target, ca, breaksPuts }: ForwarderOptions & { readonly target: string; readonly ca: string },
  ): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const { host, connection, ...headers } = request.headers;
    const body = await text(request);
    const onward = httpsRequest(new URL(url, target), { method, headers, ca });
    onward.once('error', () => response.destroy());
    response.once('close', () => onward.destroy());
    onward.once('response', (answer) => {
      if (breaksPuts && method === 'PUT' && answer.statusCode === 200) {
        this.broken += 1;
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.end(body);
  }
}
