import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { GuardedServer, type GuardedServerOptions } from '../../../src/http/guarded-server.js';

const OPTIONS: GuardedServerOptions = {
  maxConnections: 4,
  headersTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 60_000,
  silenceTimeoutMs: 0,
  askedBy: 'any',
};

const servers: GuardedServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await server.close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function serve(
  handler: Handler,
  options: Partial<GuardedServerOptions> = {},
): Promise<number> {
  const server = new GuardedServer(handler, { ...OPTIONS, ...options });
  servers.push(server);
  await server.listen(0, '127.0.0.1');
  return Number(new URL(server.url).port);
}

/** Keeps what it is sent, so that a test can wait for it. */
async function connect(port: number, text = ''): Promise<{ socket: Socket; got: () => string }> {
  const socket = new Socket();
  sockets.push(socket);
  let got = '';
  socket.on('error', () => undefined).on('data', (data: Buffer) => (got += data.toString()));
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return { socket, got: () => got };
}

const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

function ask(port: number, path = '/'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    asking.on('error', reject).end();
  });
}

const fine: Handler = (_, response) => void response.end('fine');

describe('a guarded server', () => {
  it.each<[string, Handler]>([
    [
      'throws',
      () => {
        throw new Error('oh');
      },
    ],
    ['rejects', () => Promise.reject(new Error('oh'))],
  ])('answers 500 where its handler %s, and goes on', async (_what, broken) => {
    const port = await serve((incoming, response) =>
      incoming.url === '/broken' ? broken(incoming, response) : fine(incoming, response),
    );
    expect(await ask(port, '/broken')).toBe(500);
    expect(await ask(port)).toBe(200);
  });

  it('goes on where of what a handler has left not even a 500 can be made', async () => {
    const port = await serve((incoming, response) => {
      if (incoming.url === '/') return fine(incoming, response);
      response.statusMessage = 'two\nlines';
      throw new Error('oh');
    });
    await expect(ask(port, '/broken')).rejects.toThrow();
    expect(await ask(port)).toBe(200);
  });

  it('cuts an answer off whose handler fails in the middle of it', async () => {
    const port = await serve((incoming, response) => {
      if (incoming.url === '/') return fine(incoming, response);
      response.writeHead(200).write('half');
      throw new Error('oh');
    });
    await expect(ask(port, '/broken')).rejects.toThrow();
    expect(await ask(port)).toBe(200);
  });

  it('closes a connection that says nothing in time, and one that never ends its headers', async () => {
    const port = await serve(fine, { headersTimeoutMs: 100, requestTimeoutMs: 200 });
    const silent = await connect(port);
    const slow = await connect(port, 'GET / HTTP/1.1\r\nHost: x\r\nA: ');
    await Promise.all([once(silent.socket, 'close'), once(slow.socket, 'close')]);
    expect(silent.got()).toContain(' 408 ');
  });

  it('closes a connection whose request never ends, and one that waits for nothing', async () => {
    const port = await serve(
      (incoming, response) => {
        incoming.resume().once('end', () => response.end());
      },
      { headersTimeoutMs: 100, requestTimeoutMs: 200, keepAliveTimeoutMs: 100 },
    );
    const slow = await connect(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx');
    const idle = await connect(port, get());
    await Promise.all([once(slow.socket, 'close'), once(idle.socket, 'close')]);
  });

  it('closes a connection that takes nothing of its answer', async () => {
    let given: ServerResponse | undefined;
    const port = await serve(
      (_, response) => void (given = response).end(Buffer.alloc(50_000_000)),
      { silenceTimeoutMs: 200 },
    );
    const { socket, got } = await connect(port);
    socket.pause();
    socket.write(get());
    await expect.poll(() => given?.destroyed).toBe(true);
    const gone = once(socket, 'close');
    socket.resume();
    await gone;
    expect(got().length).toBeLessThan(50_000_000);
  });

  it('lets a newcomer in where silent ones have taken all the room: the oldest of them goes', async () => {
    const port = await serve(fine);
    const silent = [];
    for (let count = 0; count < 4; count += 1) silent.push(await connect(port));
    const gone = once(silent[0]!.socket, 'close');
    expect(await ask(port)).toBe(200);
    await gone;
    expect(silent.slice(1).every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  it('takes one that was of use later than one that never was', async () => {
    const port = await serve(fine);
    const used = await connect(port, get());
    await expect.poll(used.got).toContain('fine');
    const silent = [];
    for (let count = 0; count < 3; count += 1) silent.push(await connect(port));
    used.socket.write(get());
    await expect.poll(() => used.got().split('fine')).toHaveLength(3);
    const gone = once(silent[0]!.socket, 'close');
    await connect(port);
    await gone;
    expect(used.socket.destroyed).toBe(false);
  });

  it('never closes one whose answer goes on; when all do, the newcomer is turned away', async () => {
    const port = await serve((_, response) => void response.writeHead(200).write('begun'));
    const streams = [];
    for (let count = 0; count < 4; count += 1) {
      const stream = await connect(port, get());
      await expect.poll(stream.got).toContain('begun');
      streams.push(stream);
    }
    const newcomer = await connect(port);
    await once(newcomer.socket, 'close');
    expect(streams.every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  it('is not occupied by those who ask and do not read', async () => {
    const port = await serve((incoming, response) =>
      incoming.url === '/' ? fine(incoming, response) : void response.end(Buffer.alloc(20_000_000)),
    );
    for (let count = 0; count < 4; count += 1) {
      const { socket } = await connect(port);
      socket.pause();
      socket.write(get('/large'));
    }
    expect(await ask(port)).toBe(200);
  });

  it('is not occupied by those who begin to send a body', async () => {
    const port = await serve((incoming, response) => {
      incoming.resume().once('end', () => response.end());
    });
    const begun = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx';
    for (let count = 0; count < 4; count += 1) await connect(port, begun);
    expect(await ask(port)).toBe(200);
  });
});

describe('a server for this machine alone', () => {
  const status = (port: number, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', agent: false, headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });

  it('is asked by its address, and by no page of another site', async () => {
    const port = await serve(fine, { askedBy: 'local' });
    const own = { host: `localhost:${port}` };
    expect(await status(port, own)).toBe(200);
    expect(await status(port, { ...own, origin: `http://127.0.0.1:${port}` })).toBe(200);
    expect(await status(port, { host: `evil.example:${port}` })).toBe(403);
    expect(await status(port, { ...own, origin: 'https://evil.example' })).toBe(403);
  });

  it('is one among many only where it was said so', async () => {
    const port = await serve(fine, { askedBy: 'any' });
    expect(await status(port, { host: 'lease-of.production.svc' })).toBe(200);
  });
});

describe('listening', () => {
  it('fails by the error of the system where the port is taken, and can be closed', async () => {
    const port = await serve(fine);
    const second = new GuardedServer(fine, OPTIONS);
    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.close();
    await servers[0]!.close();
    await second.listen(port, '127.0.0.1');
    servers.push(second);
    expect(second.url).toBe(`http://127.0.0.1:${port}`);
    expect(await ask(port)).toBe(200);
  });
});
