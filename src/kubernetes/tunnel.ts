import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Deadline } from './deadline.js';
import { openSocks, type TunnelEnd } from './socks.js';

/** What an agent is told of the request that it sets a connection up for. */
export interface TunnelOptions extends http.ClientRequestArgs {
  /** Of the request whose connection it is. */
  readonly deadline?: Deadline;
}

/**
 * Lets an agent reach its server through a proxy. The agents that the client library makes for that
 * cannot be told that nobody waits any more: the connection to a proxy that has gone silent stays
 * open, and the request that it was for never ends.
 */
export function throughProxy(agent: http.Agent, proxy: URL, secure: boolean): http.Agent {
  const secured = agent.createConnection.bind(agent);
  const connect = async (options: TunnelOptions): Promise<Socket> => {
    const end = { host: options.host ?? '', port: Number(options.port) };
    const socket = await openTunnel(proxy, end, options.deadline);
    return secure ? (secured({ ...options, socket } as TunnelOptions) as Socket) : socket;
  };
  agent.createConnection = (options, callback) => {
    connect(options).then(
      (socket) => callback?.(null, socket),
      (error: unknown) => {
        (callback as ((error: unknown) => void) | undefined)?.(error);
      },
    );
    return undefined;
  };
  return agent;
}

/** A connection to that end. When the request is given up before, what there is of it is closed. */
async function openTunnel(
  proxy: URL,
  end: TunnelEnd,
  deadline: Deadline | undefined,
): Promise<Socket> {
  const controller = new AbortController();
  const revoke = deadline?.onGivenUp(() => {
    controller.abort();
  });
  try {
    const open = proxy.protocol.startsWith('http') ? openHttp : openSocks;
    const socket = await open(proxy, end, controller.signal);
    // It may have come in the very moment in which its request was given up.
    if (controller.signal.aborted) socket.destroy();
    controller.signal.throwIfAborted();
    return socket;
  } finally {
    revoke?.();
  }
}

/** Asks an HTTP proxy, itself reached with or without TLS, for a tunnel. */
function openHttp(proxy: URL, { host, port }: TunnelEnd, signal: AbortSignal): Promise<Socket> {
  const secure = proxy.protocol === 'https:';
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: proxy.port === '' ? (secure ? 443 : 80) : Number(proxy.port),
      path: authority,
      headers: { host: authority, ...proxyCredentials(proxy) },
      agent: false,
      signal,
    });
    request.once('connect', (response, socket: Socket) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve(socket);
      else {
        socket.destroy();
        reject(new Error(`the proxy answered CONNECT with HTTP ${status}`));
      }
    });
    request.on('error', reject);
    request.end();
  });
}

function proxyCredentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(plain).toString('base64')}` };
}
