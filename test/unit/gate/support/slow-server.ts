import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { makeAuthority } from '../../kubernetes/support/certificates.js';

const OBJECT = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'progress' } };
const RESOURCES = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['create'] }],
};

interface Held {
  readonly request: IncomingMessage;
  readonly answer: () => void;
}

/** An HTTPS server that notes what reaches it, and answers when the test says so. */
export class SlowServer implements AsyncDisposable {
  /** Method and path of what has arrived. */
  readonly arrived: string[] = [];
  /** What was cut off by the client before it was answered. */
  readonly cutOff: string[] = [];
  /** Answers are held back. */
  holds = false;
  /** Handshakes are held back: the connection is there, and nothing can be sent over it yet. */
  holdsHandshakes = false;
  readonly held: Held[] = [];
  readonly #handshakes: (() => void)[] = [];
  readonly #authority = makeAuthority('cluster CA');
  readonly #server = createServer(this.#authority.issue('server', ['127.0.0.1']), this.#listener());

  static async start(): Promise<SlowServer> {
    const server = new SlowServer();
    const https = server.#server;
    const [accept] = https.listeners('connection') as [(socket: Socket) => void];
    https.removeAllListeners('connection');
    https.on('connection', (socket: Socket) => {
      const go = (): void => accept.call(https, socket);
      if (server.holdsHandshakes) server.#handshakes.push(go);
      else go();
    });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get heldHandshakes(): number {
    return this.#handshakes.length;
  }

  letHandshakesGo(): void {
    this.holdsHandshakes = false;
    for (const go of this.#handshakes.splice(0)) go();
  }

  get ca(): string {
    return this.#authority.cert;
  }

  kubeConfig(): KubeConfig {
    const kubeConfig = new KubeConfig();
    const caData = Buffer.from(this.ca).toString('base64');
    kubeConfig.loadFromClusterAndUser(
      { name: 'cluster', server: this.url, caData, skipTLSVerify: false },
      { name: 'user', token: 'token' },
    );
    return kubeConfig;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #listener(): RequestListener {
    return (request: IncomingMessage, response: ServerResponse) => {
      const what = `${request.method ?? ''} ${request.url ?? ''}`;
      this.arrived.push(what);
      const answer = (): void => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(request.url === '/api/v1' ? RESOURCES : OBJECT));
      };
      response.once('close', () => {
        if (!response.writableFinished) this.cutOff.push(what);
      });
      if (this.holds) this.held.push({ request, answer });
      else answer();
    };
  }
}
