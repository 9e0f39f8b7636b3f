import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../sim/world/random.js';
import { hostileBytes } from './support/hostile-bytes.js';

const PROGRAM = fileURLToPath(new URL('./support/all-servers.ts', import.meta.url));
const NAMES = ['the live chart', 'the Stately page', 'run --http', 'the embedded API server'];
const CONNECTIONS = 1500;

let child: ChildProcess;
let urls: Record<string, string>;

beforeAll(async () => {
  child = fork(PROGRAM, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const errors: string[] = [];
  child.stderr?.on('data', (data: Buffer) => errors.push(data.toString()));
  child.once('exit', () => console.error(errors.join('')));
  [urls] = (await once(child, 'message')) as [Record<string, string>];
});

afterAll(() => {
  child.removeAllListeners('exit');
  child.kill('SIGKILL');
});

/** Rejects when the server does not answer. */
function ask(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asking.on('error', reject);
    asking.setTimeout(10_000, () => asking.destroy(new Error('no answer')));
    asking.end();
  });
}

/** Sends this on a connection of its own, and goes away in one of the ways in which clients do. */
function attack(url: URL, bytes: Buffer, random: Random): Promise<void> {
  const { port } = url;
  const leave = random.pick(['end', 'destroy', 'reset', 'stay'] as const);
  return new Promise((resolve) => {
    const socket = new Socket({ allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.connect(Number(port), '127.0.0.1', () => {
      socket.write(bytes);
      if (leave === 'end') socket.end();
      if (leave === 'destroy') socket.destroy();
      if (leave === 'reset') socket.resetAndDestroy();
    });
    socket.once('data', () => socket.destroy());
    // Some answers are long in coming, and some requests never end.
    socket.setTimeout(50, () => socket.destroy());
  });
}

describe.each(NAMES)('%s', (name) => {
  it.each(['//', '//:', '///', 'http://[', 'http://', '/%', '*', '?', '//@', '/\\'])(
    'answers "GET %s" with a refusal, and goes on',
    async (target) => {
      const url = new URL(urls[name]!);
      const socket = new Socket();
      socket.on('error', () => undefined);
      socket.connect(Number(url.port), '127.0.0.1');
      socket.end(`GET ${target} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`);
      let answer = '';
      for await (const part of socket) answer += String(part);
      expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
      expect(await ask(url.href)).toBe(200);
    },
  );

  it(`goes on after ${CONNECTIONS} connections of nonsense`, { timeout: 120_000 }, async () => {
    const url = new URL(urls[name]!);
    const random = new Random(20_261, name);
    for (let sent = 0; sent < CONNECTIONS; sent += 50) {
      const batch = Array.from({ length: 50 }, () =>
        attack(url, hostileBytes(random, url.pathname, Number(url.port)), random),
      );
      await Promise.all(batch);
      expect(child.exitCode, `seed ${sent}`).toBeNull();
    }
    expect(await ask(url.href)).toBe(200);
  });

  it('answers while more silent connections are open than it keeps', async () => {
    const url = new URL(urls[name]!);
    let closed = 0;
    const silent = Array.from({ length: 300 }, () => {
      const socket = new Socket();
      socket.on('error', () => undefined);
      socket.on('close', () => (closed += 1));
      return socket.resume().connect(Number(url.port), '127.0.0.1');
    });
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    expect(await ask(url.href)).toBe(200);
    // It keeps as many as candidates of a test may open; these go by their time alone.
    if (name !== 'the embedded API server') {
      await expect.poll(() => closed).toBeGreaterThan(180);
    }
    for (const socket of silent) socket.destroy();
  });
});
