import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

/*
 * The sending end of a WebSocket (RFC 6455). Node 20 has no client of its own, and that of Node 22
 * keeps the program running for as long as it is connected. It sends texts, answers pings, and
 * reads nothing else.
 */

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPEN_WITHIN_MS = 5000;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const TEXT = 0x1;
/** What a ping, a pong or the end may carry at most, in bytes. */
const MOST_CONTROL = 125;

export interface SendingSocket {
  /** Bytes that wait to be taken. */
  readonly backlog: number;
  send(text: string): void;
  close(): void;
}

/**
 * @param url `ws://…`
 * @param onClose is called once, however the connection ends
 * @throws {Error} if the other end cannot be reached, or speaks no WebSocket
 */
export function openWebSocket(url: URL, onClose: () => void): Promise<SendingSocket> {
  const key = randomBytes(16).toString('base64');
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return new Promise((resolve, reject) => {
    const opening = request({
      host: url.hostname,
      port: url.port || 80,
      path: `${url.pathname}${url.search}`,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
      },
      timeout: OPEN_WITHIN_MS,
    });
    opening.on('timeout', () => opening.destroy(new Error('it did not answer')));
    opening.on('error', reject);
    opening.on('response', (response) => {
      response.destroy();
      reject(new Error('it speaks no WebSocket'));
    });
    // Who looks on does not keep the program running.
    opening.on('socket', (socket) => socket.unref());
    opening.on('upgrade', (response, socket: Socket, head: Buffer) => {
      if (response.headers['sec-websocket-accept'] !== accept) {
        socket.destroy();
        reject(new Error('it speaks no WebSocket'));
        return;
      }
      // A viewer may speak in the same breath as it accepts.
      if (head.length > 0) socket.unshift(head);
      resolve(sendingSocket(socket, onClose));
    });
    opening.end();
  });
}

function sendingSocket(socket: Socket, onClose: () => void): SendingSocket {
  socket.setTimeout(0).unref();
  socket.on('error', () => socket.destroy());
  socket.once('close', onClose);
  answerControlFrames(socket);
  return {
    get backlog() {
      return socket.writableLength;
    },
    send: (text) => {
      if (socket.writable) socket.write(frame(TEXT, Buffer.from(text)));
    },
    close: () => {
      if (!socket.writable) return;
      socket.end(frame(CLOSE, Buffer.from([0x03, 0xe8])));
      // An end that does not answer is left behind.
      setTimeout(() => socket.destroy(), 1000).unref();
    },
  };
}

/** A frame as clients send them: masked. */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([head, mask, masked]);
}

/** Whatever a viewer sends is skipped, pings and the end excepted. */
function answerControlFrames(socket: Socket): void {
  let waiting = Buffer.alloc(0);
  let skip = 0;
  socket.on('data', (part: Buffer) => {
    waiting = Buffer.concat([waiting, part]);
    for (;;) {
      const skipped = Math.min(skip, waiting.length);
      waiting = waiting.subarray(skipped);
      skip -= skipped;
      const head = skip > 0 ? null : readHead(waiting);
      if (head === null) return;
      const { opcode, start, length } = head;
      const isControl = opcode >= CLOSE;
      if (isControl && length > MOST_CONTROL) {
        socket.destroy();
        return;
      }
      if (isControl && waiting.length < start + length) return;
      const payload = waiting.subarray(start, start + length);
      if (opcode === CLOSE) socket.end(frame(CLOSE, payload));
      if (opcode === PING) socket.write(frame(PONG, payload));
      skip = start + length;
    }
  });
}

function readHead(bytes: Buffer): { opcode: number; start: number; length: number } | null {
  if (bytes.length < 2) return null;
  const opcode = bytes.readUInt8(0) & 0x0f;
  const short = bytes.readUInt8(1) & 0x7f;
  if (short < 126) return { opcode, start: 2, length: short };
  const start = short === 126 ? 4 : 10;
  if (bytes.length < start) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return { opcode, start, length };
}
