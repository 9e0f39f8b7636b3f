import dns from 'node:dns';
import { once } from 'node:events';
import net, { type Socket } from 'node:net';

/** Where a tunnel leads to. */
export interface TunnelEnd {
  readonly host: string;
  readonly port: number;
}

/**
 * A connection to that end through a SOCKS proxy of version 4, 4a or 5. The package that speaks the
 * protocol is loaded here, at the first use.
 */
export async function openSocks(proxy: URL, end: TunnelEnd, signal: AbortSignal): Promise<Socket> {
  const { SocksClient } = await import('socks');
  const isVersion4 = proxy.protocol.startsWith('socks4');
  // Those without the letter leave names to the client; the other ones let the proxy resolve them.
  const resolves = proxy.protocol === 'socks4:' || proxy.protocol === 'socks5:';
  const { address: host } = resolves
    ? await dns.promises.lookup(end.host, { family: isVersion4 ? 4 : 0 })
    : { address: end.host };
  const proxyHost = proxy.hostname.replace(/^\[(.*)\]$/, '$1');
  const proxyPort = proxy.port === '' ? 1080 : Number(proxy.port);
  // Our own socket: it is closed when the request is given up, whatever the proxy has said by then.
  signal.throwIfAborted();
  const socket = net.connect({ host: proxyHost, port: proxyPort, signal });
  try {
    await once(socket, 'connect', { signal });
    await SocksClient.createConnection({
      command: 'connect',
      proxy: { type: isVersion4 ? 4 : 5, host: proxyHost, port: proxyPort, ...credentials(proxy) },
      destination: { host, port: end.port },
      existing_socket: socket,
      timeout: LONGEST_TIMER_MS,
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw withoutOptions(error);
  }
}

/** The request has a deadline of its own, at which the socket is closed. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function credentials({ username, password }: URL): { userId?: string; password?: string } {
  if (username === '' && password === '') return {};
  return { userId: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** An error of that package carries what it was called with, the password included. */
function withoutOptions(error: unknown): unknown {
  if (!(error instanceof Error) || !('options' in error)) return error;
  return new Error(`the SOCKS proxy: ${error.message}`);
}
