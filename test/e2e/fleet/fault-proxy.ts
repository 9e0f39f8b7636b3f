import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/**
 * Stands between candidates and the API server and passes bytes on, encrypted as they are, until it
 * is told to do harm.
 */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #silent = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((socket) => {
      this.#join(socket);
    });
  }

  static async start(targetUrl: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(Number(new URL(targetUrl).port));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Connections stay open, new ones are accepted, and no byte passes in either direction: what a
   * pulled cable looks like from both ends.
   */
  silence(): void {
    this.#silent = true;
    for (const [near, far] of this.#pairs) {
      near.unpipe();
      far.unpipe();
      near.pause();
      far.pause();
    }
  }

  /** Lets new connections through again; the silent ones are cut. */
  heal(): void {
    this.#silent = false;
    this.reset();
  }

  /** Cuts every connection with a TCP reset. */
  reset(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = connect(this.#targetPort, '127.0.0.1');
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#silent) {
      near.pause();
      return;
    }
    near.pipe(far);
    far.pipe(near);
  }
}
