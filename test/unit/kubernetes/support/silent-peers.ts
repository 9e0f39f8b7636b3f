import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { vi } from 'vitest';
import type { KubeConfigLike } from '../../../../src/kubernetes/kube-config.js';
import { makeAuthority } from './certificates.js';
import { base64, kubeConfig } from './kube-configs.js';
import { startHttpProxy, startSocksProxy } from './proxies.js';

/** Something on the way to an API server that goes silent in one phase of each request. */
export interface SilentPeer {
  readonly kubeConfig: KubeConfigLike;
  /** What a message says that the request waited for; null where it was sent. */
  readonly waitsFor: RegExp | null;
  /** A watch has begun by then. */
  readonly begins?: boolean;
  /** How many connections to it are open. */
  readonly open: () => number;
  /** From now on whoever comes is served. */
  recover(): Promise<void> | void;
  close(): Promise<void> | void;
}

const authority = makeAuthority('silent CA');
const certificate = authority.issue('peer', ['127.0.0.1', 'localhost']);

/** A peer for each phase of a request, in front of the server on this port of 127.0.0.1. */
export const silentPeers: readonly (readonly [
  string,
  (port: number) => SilentPeer | Promise<SilentPeer>,
])[] = [
  ['the credentials', silentCredentials],
  ['the look-up of the name', silentLookUp],
  ['the connection', silentListener],
  ['the TLS handshake', (port) => frontFor(port, true)],
  ['the head of the answer', (port) => frontFor(port, false)],
  ['the body of the answer', (port) => frontFor(port, false, BEGUN)],
  ['CONNECT of an HTTP proxy', (port) => proxyFor(port, 'http', startHttpProxy)],
  ['the TLS handshake with a proxy', (port) => proxyFor(port, 'https', startHttpProxy)],
  ['the greeting of a SOCKS 5 proxy', (port) => proxyFor(port, 'socks5', startSocksProxy)],
  ['the request to a SOCKS 5 proxy', (port) => proxyFor(port, 'socks5h', startSocksProxy, GREETED)],
  ['the TLS handshake behind a proxy', tlsBehindProxy],
];

function silentCredentials(port: number): SilentPeer {
  const config = kubeConfig({ server: `http://127.0.0.1:${port}`, skipTLSVerify: true });
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const seen = Object.create(config, {
    applyToHTTPSOptions: {
      value: (options: object) => answered.then(() => config.applyToHTTPSOptions(options)),
    },
  }) as KubeConfigLike;
  return {
    kubeConfig: seen,
    waitsFor: /the kubeconfig/,
    open: () => 0,
    recover: answer,
    close: answer,
  };
}

function silentLookUp(port: number): SilentPeer {
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(() => undefined);
  const recover = (): void => {
    spy.mockRestore();
  };
  return {
    kubeConfig: kubeConfig({ server: `http://localhost:${port}` }),
    waitsFor: /a connection to the API server at localhost:/,
    open: () => 0,
    recover,
    close: recover,
  };
}

/** It listens and never accepts: once a few have called, nobody else gets through. */
async function silentListener(port: number): Promise<SilentPeer> {
  const program = `
    const server = require('node:net').createServer();
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [announced] = (await once(child.stdout, 'data')) as [Buffer];
  const own = Number(announced.toString());
  const callers = Array.from({ length: 8 }, () => net.connect(own, '127.0.0.1'));
  for (const caller of callers) caller.on('error', () => undefined);
  await Promise.race([once(callers[0]!, 'connect'), once(callers[1]!, 'connect')]);
  const front = new Front(port, false);
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    for (const caller of callers) caller.destroy();
  };
  return {
    kubeConfig: kubeConfig({ server: `http://127.0.0.1:${own}` }),
    waitsFor: /a connection to the API server at 127/,
    open: () => 0,
    recover: async () => {
      await end();
      front.recover();
      await front.listen(own);
    },
    close: async () => {
      await end();
      front.close();
    },
  };
}

async function frontFor(
  port: number,
  secure: boolean,
  says: Buffer | null = null,
): Promise<SilentPeer> {
  const front = new Front(port, secure, says);
  const server = `${secure ? 'https' : 'http'}://127.0.0.1:${await front.listen()}`;
  const config = kubeConfig({ server, caData: base64(authority.cert) });
  const waitsFor = secure ? /a connection to the API server at 127/ : null;
  return { ...front.asPeer(config, waitsFor), begins: says !== null };
}

const BEHIND_PROXY = /a connection to the API server at 127.* through the proxy at 127/;

async function proxyFor(
  port: number,
  scheme: string,
  startProxy: typeof startHttpProxy | typeof startSocksProxy,
  says: Buffer | null = null,
): Promise<SilentPeer> {
  const proxy = await startProxy();
  const secure = scheme === 'https';
  const front = new Front(proxy.port, secure, says);
  // The client library has no way to say whom a proxy's certificate comes from.
  if (secure) vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const proxyUrl = `${scheme}://127.0.0.1:${await front.listen()}`;
  const config = kubeConfig({ server: `http://127.0.0.1:${port}`, proxyUrl });
  return front.asPeer(config, BEHIND_PROXY, () => {
    proxy.close();
    vi.unstubAllEnvs();
  });
}

async function tlsBehindProxy(port: number): Promise<SilentPeer> {
  const proxy = await startHttpProxy();
  const front = new Front(port, true);
  const server = `https://127.0.0.1:${await front.listen()}`;
  const proxyUrl = `http://127.0.0.1:${proxy.port}`;
  const config = kubeConfig({ server, proxyUrl, caData: base64(authority.cert) });
  return front.asPeer(config, BEHIND_PROXY, () => {
    proxy.close();
  });
}

const BEGUN = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{');
const GREETED = Buffer.from([5, 0]);

/** Holds connections, or passes them on to a port of 127.0.0.1, itself with TLS or without. */
class Front {
  readonly #sockets = new Set<Socket>();
  readonly #held = new Set<Socket>();
  readonly #server: net.Server;
  readonly #tls: tls.Server;
  #isSilent = true;

  /** @param says the little that is said before it goes silent; where there is TLS, it never is */
  constructor(port: number, secure: boolean, says: Buffer | null = null) {
    const take = (socket: Socket): void => {
      if (!this.#isSilent) passOn(socket, port, this.#sockets);
      else socket.once('data', () => says !== null && socket.write(says));
    };
    this.#tls = tls.createServer(certificate, take);
    this.#tls.on('tlsClientError', () => undefined);
    this.#server = net.createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#held.delete(socket));
      if (this.#isSilent) this.#held.add(socket);
      if (!secure) take(socket);
      else if (!this.#isSilent) this.#tls.emit('connection', socket);
      // It is read, or nobody would notice that the other side has gone.
      else socket.resume();
    });
  }

  get open(): number {
    return this.#held.size;
  }

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  recover(): void {
    this.#isSilent = false;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  asPeer(
    config: KubeConfigLike,
    waitsFor: RegExp | null,
    closeToo = (): void => undefined,
  ): SilentPeer {
    return {
      kubeConfig: config,
      waitsFor,
      open: () => this.open,
      recover: () => {
        this.recover();
      },
      close: () => {
        this.close();
        closeToo();
      },
    };
  }
}

function passOn(client: Socket, port: number, sockets: Set<Socket>): void {
  const upstream = net.connect(port, '127.0.0.1');
  sockets.add(upstream);
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
  client.pipe(upstream).pipe(client);
}
