import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { openWebSocket } from '../../src/inspect/web-socket.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

describe('the sending end of a WebSocket', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  /** A viewer made of the package `ws`. */
  async function viewer(connected: (socket: WebSocket) => void): Promise<URL> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    ends.push(() => server.close());
    ends.push(() => server.clients.forEach((client) => client.terminate()));
    server.on('connection', connected);
    await new Promise((resolve) => server.once('listening', resolve));
    return new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** One that says what a WebSocket server might, byte by byte. */
  async function bareViewer(answer: (socket: Socket, accept: string) => void): Promise<URL> {
    const server: Server = createServer();
    server.on('upgrade', ({ headers }, socket: Socket) => {
      ends.push(() => socket.destroy());
      const key = `${headers['sec-websocket-key'] ?? ''}${GUID}`;
      answer(socket, createHash('sha1').update(key).digest('base64'));
    });
    ends.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  const accepted = (accept: string): string =>
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`;

  it.each([0, 125, 126, 65_535, 65_536, 300_000])('sends a text of %i bytes', async (length) => {
    const text = 'é'.repeat(Math.floor(length / 2)) + 'x'.repeat(length % 2);
    let heard: (text: string) => void;
    const received = new Promise<string>((resolve) => (heard = resolve));
    const url = await viewer((socket) => {
      socket.on('message', (data: Buffer) => heard(data.toString()));
    });
    const socket = await openWebSocket(url, () => undefined);
    ends.push(() => socket.close());
    socket.send(text);
    expect(await received).toBe(text);
  });

  it('answers pings, between messages of any length that it skips', async () => {
    let answered: (data: string) => void;
    const pong = new Promise<string>((resolve) => (answered = resolve));
    const url = await viewer((socket) => {
      socket.on('pong', (data) => answered(data.toString()));
      // In the same breath as it accepts.
      socket.send('x'.repeat(70_000));
      socket.send('short');
      socket.ping('are you there?');
    });
    const socket = await openWebSocket(url, () => undefined);
    ends.push(() => socket.close());
    expect(await pong).toBe('are you there?');
  });

  it('answers a ping that comes in one packet with the acceptance', async () => {
    let heard: (bytes: Buffer) => void;
    const first = new Promise<Buffer>((resolve) => (heard = resolve));
    const url = await bareViewer((socket, accept) => {
      const ping = Buffer.from([0x89, 0x02, 0x68, 0x69]);
      socket.write(Buffer.concat([Buffer.from(accepted(accept)), ping]));
      socket.once('data', heard!);
    });
    const socket = await openWebSocket(url, () => undefined);
    ends.push(() => socket.close());
    const [head, length, ...rest] = await first;
    expect([head, length]).toEqual([0x8a, 0x82]);
    const mask = rest.slice(0, 4);
    const text = rest.slice(4, 6).map((byte, index) => byte ^ (mask[index] ?? 0));
    expect(Buffer.from(text).toString()).toBe('hi');
  });

  it('ends when the viewer does, and says so once', async () => {
    let closed = 0;
    const end = new Promise<void>((resolve) => {
      void viewer((socket) => socket.close()).then((url) =>
        openWebSocket(url, () => {
          closed += 1;
          resolve();
        }),
      );
    });
    await end;
    expect(closed).toBe(1);
  });

  it('hangs up on a ping that is larger than pings may be, and keeps none of it', async () => {
    const url = await bareViewer((socket, accept) => {
      socket.write(accepted(accept));
      socket.write(Buffer.from([0x89, 127, 0, 0, 0, 1, 0, 0, 0, 0]));
    });
    await new Promise<void>((resolve, reject) => {
      openWebSocket(url, resolve).catch(reject);
    });
  });

  it('does not take another server for a viewer', async () => {
    const plain = createServer((_request, response) => response.end('hello'));
    ends.push(() => plain.close());
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const url = new URL(`ws://127.0.0.1:${(plain.address() as AddressInfo).port}`);
    await expect(openWebSocket(url, () => undefined)).rejects.toThrow('it speaks no WebSocket');
    const wrong = await bareViewer((socket) => socket.write(accepted('bm90IHRoZSBhbnN3ZXI=')));
    await expect(openWebSocket(wrong, () => undefined)).rejects.toThrow('it speaks no WebSocket');
  });
});
