import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

export interface TestProxy {
  readonly port: number;
  /** What was asked for, as `host:port`. */
  readonly targets: readonly string[];
  close(): void;
}

/** An HTTP proxy that knows CONNECT only, and wants these credentials if any are given. */
export async function startHttpProxy(userInfo?: string): Promise<TestProxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = http.createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    sockets.add(client);
    const expected =
      userInfo === undefined ? undefined : `Basic ${Buffer.from(userInfo).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== expected) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    targets.push(request.url ?? '');
    tunnel(client, request.url ?? '', sockets, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    });
  });
  return listening(server, targets, sockets);
}

/** A SOCKS 5 proxy without authentication, for host names and IPv4 addresses. */
export async function startSocksProxy(): Promise<TestProxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = net.createServer((client) => {
    sockets.add(client);
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request: Buffer) => {
        const isName = request[3] === 3;
        const length = isName ? (request[4] ?? 0) : 4;
        const from = isName ? 5 : 4;
        const address = request.subarray(from, from + length);
        const port = request.readUInt16BE(from + length);
        const target = `${isName ? address.toString() : address.join('.')}:${port}`;
        targets.push(target);
        tunnel(client, target, sockets, () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        });
      });
    });
  });
  return listening(server, targets, sockets);
}

function tunnel(client: Socket, target: string, sockets: Set<Socket>, ready: () => void): void {
  const [host = '', port] = target.split(':');
  const upstream = net.connect(Number(port), host, () => {
    ready();
    upstream.pipe(client);
    client.pipe(upstream);
  });
  sockets.add(upstream);
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
}

async function listening(
  server: net.Server,
  targets: readonly string[],
  sockets: ReadonlySet<Socket>,
): Promise<TestProxy> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
