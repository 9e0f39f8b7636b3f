import { lookup } from 'node:dns';
import net, { isIP, isIPv4, type Socket } from 'node:net';

/** Where a tunnel leads to. */
export interface TunnelEnd {
  readonly host: string;
  readonly port: number;
}

const OPEN_CONNECTION = 1;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;

/** A connection to that end through a SOCKS proxy of version 4, 4a or 5. */
export async function openSocks(proxy: URL, end: TunnelEnd, signal: AbortSignal): Promise<Socket> {
  // Those without the letter leave names to the client; the other ones let the proxy resolve them.
  const resolves = proxy.protocol === 'socks4:' || proxy.protocol === 'socks5:';
  const host = resolves ? await resolve(end.host, proxy.protocol === 'socks4:' ? 4 : 0) : end.host;
  signal.throwIfAborted();
  const port = proxy.port === '' ? 1080 : Number(proxy.port);
  const socket = net.connect({ host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'), port, signal });
  try {
    const greet = proxy.protocol.startsWith('socks4') ? greet4 : greet5;
    await greet(socket, proxy, { host, port: end.port });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function resolve(host: string, family: number): Promise<string> {
  return new Promise((resolved, reject) => {
    lookup(host, { family }, (error, address) => {
      if (error === null) resolved(address);
      else reject(error);
    });
  });
}

async function greet4(socket: Socket, proxy: URL, { host, port }: TunnelEnd): Promise<void> {
  // Version 4a marks a name by an address that nobody has.
  const address = isIPv4(host) ? host.split('.').map(Number) : [0, 0, 0, 1];
  const name = isIPv4(host) ? [] : [...Buffer.from(host), 0];
  const user = Buffer.from(decodeURIComponent(proxy.username));
  socket.write(
    Buffer.from([4, OPEN_CONNECTION, ...bigEndian(port), ...address, ...user, 0, ...name]),
  );
  const reply = await take(socket, 8);
  if (reply[1] !== 90) throw refused(reply[1]);
}

async function greet5(socket: Socket, proxy: URL, end: TunnelEnd): Promise<void> {
  const hasUser = proxy.username !== '' || proxy.password !== '';
  const ways = hasUser ? [NO_AUTHENTICATION, USER_AND_PASSWORD] : [NO_AUTHENTICATION];
  socket.write(Buffer.from([5, ways.length, ...ways]));
  const way = (await take(socket, 2))[1];
  if (way === USER_AND_PASSWORD && hasUser) await logIn(socket, proxy);
  else if (way !== NO_AUTHENTICATION) {
    throw new Error('the SOCKS proxy wants to be logged in to in a way that is not supported');
  }
  const { host, port } = end;
  socket.write(Buffer.from([5, OPEN_CONNECTION, 0, ...address5(host), ...bigEndian(port)]));
  const [, status, , kind] = await take(socket, 4);
  if (status !== 0) throw refused(status);
  // The address that the proxy uses itself is of no interest, but it is on the line.
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await take(socket, 1))[0] ?? 0);
  await take(socket, length + 2);
}

async function logIn(socket: Socket, proxy: URL): Promise<void> {
  const user = Buffer.from(decodeURIComponent(proxy.username));
  const password = Buffer.from(decodeURIComponent(proxy.password));
  socket.write(Buffer.from([1, user.length, ...user, password.length, ...password]));
  if ((await take(socket, 2))[1] !== 0) throw new Error('the SOCKS proxy refused the credentials');
}

function address5(host: string): number[] {
  switch (isIP(host)) {
    case 4:
      return [1, ...host.split('.').map(Number)];
    case 6:
      return [4, ...groupsOf(host).flatMap(bigEndian)];
    default:
      return [3, Buffer.byteLength(host), ...Buffer.from(host)];
  }
}

/** The eight numbers of an IPv6 address; URL writes it without a dotted part. */
function groupsOf(address: string): number[] {
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [left = [], right = []] = plain
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const missing = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...missing, ...right].map((group) => Number.parseInt(group, 16));
}

function bigEndian(number: number): [number, number] {
  return [number >> 8, number & 0xff];
}

function refused(status: number | undefined): Error {
  return new Error(`the SOCKS proxy refused the connection (${status ?? 'no'} is its reason)`);
}

/** Exactly so many bytes; what comes after them stays on the line. */
function take(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolved, reject) => {
    const leave = (): void => {
      socket.off('readable', look).off('error', fail).off('close', closed);
    };
    const fail = (error: Error): void => {
      leave();
      reject(error);
    };
    const closed = (): void => {
      fail(new Error('the SOCKS proxy closed the connection'));
    };
    const look = (): void => {
      const chunk = socket.read(bytes) as Buffer | null;
      if (chunk === null) return;
      // At the end of what there is, less may come than was asked for.
      if (chunk.length < bytes) closed();
      else {
        leave();
        resolved(chunk);
      }
    };
    socket.on('readable', look).on('error', fail).on('close', closed);
    look();
  });
}
