import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { settle } from '../virtual-clock.js';

/** So often nothing must have moved before nothing is taken to be under way. */
const CALM_TURNS = 4;

/** Where something moves on and on, time does too. */
const MOST_TURNS = 5_000;

const [CLIENTS, SERVERS] = ['net.client.socket', 'net.server.socket'] as const;

/**
 * Knows when everything that was sent between this process and a server within it has arrived: all
 * bytes that one end of a connection has written have been read at the other.
 */
export class QuietSockets {
  readonly #port: number;
  readonly #clients = new Set<Socket>();
  /** By the client's port. */
  readonly #servers = new Map<number, Socket>();

  constructor(port: number) {
    this.#port = port;
    subscribe(CLIENTS, this.#began);
    subscribe(SERVERS, this.#accepted);
  }

  /** Resolves when nothing is under way, and nothing that has arrived has led to more. */
  readonly settled = async (): Promise<void> => {
    let [before, calm] = ['', 0];
    for (let turn = 0; calm < CALM_TURNS && turn < MOST_TURNS; turn++) {
      await settle();
      const now = this.#counts();
      calm = now !== null && now === before ? calm + 1 : 0;
      before = now ?? '';
    }
  };

  close(): void {
    unsubscribe(CLIENTS, this.#began);
    unsubscribe(SERVERS, this.#accepted);
    this.#clients.clear();
    this.#servers.clear();
  }

  /** What has been sent and received in all; null while something is under way. */
  #counts(): string | null {
    let total = '';
    for (const client of this.#clients) {
      const { remotePort, localPort = 0 } = client;
      if (client.connecting) return null;
      // That of another server.
      if (remotePort !== this.#port) this.#clients.delete(client);
      else {
        const server = this.#servers.get(localPort);
        const sent = client.bytesWritten;
        const received = client.bytesRead;
        if (server?.bytesRead !== sent || server.bytesWritten !== received) return null;
        total += `${localPort} ${sent} ${received},`;
      }
    }
    return total;
  }

  readonly #began = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    this.#clients.add(socket);
    socket.once('close', () => this.#clients.delete(socket));
  };

  readonly #accepted = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    const { localPort, remotePort = 0 } = socket;
    if (localPort !== this.#port) return;
    this.#servers.set(remotePort, socket);
    socket.once('close', () => this.#servers.delete(remotePort));
  };
}
