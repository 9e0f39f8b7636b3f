import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { machineNow } from './protocol.js';

/** The type of a TLS record that carries application data. */
const APPLICATION_DATA = 23;

/** Passes connections on to an API server, and notes when something is first asked of it. */
export class FirstRequest implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** When the first connection came, and when the first encrypted data came after a handshake. */
  #connectedAt: number | undefined;
  #sentAt: number | undefined;

  private constructor(port: number) {
    this.#server = createServer((client) => {
      this.#connectedAt ??= machineNow();
      const upstream = connect(port, '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true).on('error', () => undefined);
      }
      client.once('close', () => upstream.destroy());
      upstream.once('close', () => client.destroy());
      client.on('data', (data) => {
        if (typesOf(data).includes(APPLICATION_DATA)) this.#sentAt ??= machineNow();
      });
      client.pipe(upstream).pipe(client);
    });
  }

  static async listen(port: number): Promise<FirstRequest> {
    const made = new FirstRequest(port);
    made.#server.listen(0, '127.0.0.1');
    await once(made.#server, 'listening');
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connectedAt(): number | undefined {
    return this.#connectedAt;
  }

  get sentAt(): number | undefined {
    return this.#sentAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }
}

/** Of the TLS records that begin here; what a client sends in a handshake begins with one. */
function typesOf(data: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= data.length; at += 5 + data.readUInt16BE(at + 3)) {
    types.push(data[at]!);
  }
  return types;
}
