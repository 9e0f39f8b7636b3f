import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Dispatcher, globalDispatcher } from '../../../src/http/guarded-dispatcher.js';
import { ConfigError, NotLeaderError, type Term } from '../../../src/index.js';
import { Leader } from '../gate/support/leader.js';
import { SlowServer } from '../gate/support/slow-server.js';

describe('term.fetch', () => {
  let server: SlowServer;
  let leader: Leader;
  let term: Term;

  beforeEach(async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    server = await SlowServer.start();
    leader = new Leader();
    await leader.lead();
    term = leader.term;
  });

  afterEach(async () => {
    await leader.end();
    await server[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const post = (init: Parameters<Term['fetch']>[1] = {}) =>
    term.fetch(`${server.url}/prices`, { method: 'POST', body: '7', ...init });

  it('is fetch while the term is on, and refuses what changes something from then on', async () => {
    const answer = await post();
    expect(await answer.json()).toHaveProperty('kind', 'ConfigMap');
    leader.standStill();
    await expect(post()).rejects.toThrow(NotLeaderError);
    const request = new Request(`${server.url}/prices`, { method: 'DELETE' });
    await expect(term.fetch(request)).rejects.toThrow(NotLeaderError);
    await expect(term.fetch(server.url, { method: 'patch' })).rejects.toThrow(NotLeaderError);
    expect(server.arrived).toEqual(['POST /prices']);
  });

  it('goes by the method of a request, whatever the class of that name is by now', async () => {
    const url = new URL(`${server.url}/prices`);
    const [put, get] = ['PUT', 'GET'].map((method) => new Request(url, { method }));
    vi.stubGlobal('Request', class extends Request {});
    vi.stubGlobal('URL', class extends URL {});
    leader.standStill();
    const unreadable = { toString: () => url.href } as unknown as Request;
    for (const input of [put!, unreadable]) {
      await expect(term.fetch(input)).rejects.toThrow(NotLeaderError);
    }
    for (const input of [get!, url]) await (await term.fetch(input)).text();
    vi.unstubAllGlobals();
    expect(server.arrived).toEqual(['GET /prices', 'GET /prices']);
  });

  it('lets reads pass at any time', async () => {
    leader.standStill();
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'get']) {
      await (await term.fetch(`${server.url}/prices`, { method })).text();
    }
    await (await term.fetch(`${server.url}/prices`)).text();
    expect(server.arrived).toHaveLength(5);
  });

  it('gives up what is under way when the term ends, and when it begins to drain', async () => {
    server.holds = true;
    const posting = post().catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.held).toHaveLength(1));
    void leader.election.stop();
    expect(await posting).toBeInstanceOf(NotLeaderError);
    await vi.waitFor(() => expect(server.cutOff).toEqual(['POST /prices']));
  });

  it('asks again when the connection is ready', async () => {
    server.holdsHandshakes = true;
    const posting = Array.from({ length: 20 }, () => post().catch((error: unknown) => error));
    await vi.waitFor(() => expect(server.heldHandshakes).toBe(20));
    leader.standStill();
    server.letHandshakesGo();
    for (const error of await Promise.all(posting)) expect(error).toBeInstanceOf(NotLeaderError);
    expect(server.arrived).toEqual([]);
  });

  it('asks again behind a dispatcher that tells of connections but once, as that of undici 6 for retries', async () => {
    const tries: (() => boolean)[] = [];
    const dispatcher: Dispatcher = {
      dispatch(options, handler) {
        (handler as { onConnect(abort: () => void): void }).onConnect(() => undefined);
        const others = Object.create(handler, { onConnect: { value: () => undefined } }) as object;
        return tries.push(() => globalDispatcher('6').dispatch(options, others)) > 0;
      },
    };
    const remove = (): Promise<unknown> => {
      const init: object = { method: 'DELETE', dispatcher };
      return term.fetch(`${server.url}/prices`, init).catch((error: unknown) => error);
    };
    const removing = [remove(), remove()];
    await vi.waitFor(() => expect(tries).toHaveLength(2));
    tries[0]!();
    expect(await removing[0]).toHaveProperty('status', 200);
    leader.standStill();
    tries[1]!();
    expect(await removing[1]).toBeInstanceOf(NotLeaderError);
    expect(server.arrived).toEqual(['DELETE /prices']);
  });

  it('asks again before each piece of a body, so that the request never becomes whole', async () => {
    const ended: boolean[] = [];
    const watching = createServer((request) => {
      request.resume();
      request.once('close', () => ended.push(request.complete));
    });
    await new Promise<void>((resolve) => watching.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(watching.address() as { port: number }).port}`;
    let goOn = (): void => undefined;
    const pieces = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(Buffer.from('first'));
        await new Promise<void>((resolve) => (goOn = resolve));
        controller.close();
      },
    });
    const arrived = new Promise((resolve) => watching.once('request', resolve));
    const posting = term
      .fetch(url, { method: 'POST', body: pieces, duplex: 'half' })
      .catch((error: unknown) => error);
    await arrived;
    leader.standStill();
    goOn();
    expect(await posting).toBeInstanceOf(NotLeaderError);
    await vi.waitFor(() => expect(ended).toEqual([false]));
    watching.closeAllConnections();
    watching.close();
  });

  it('heeds the signal of the caller, before and after the answer has begun', async () => {
    const controller = new AbortController();
    server.holds = true;
    const posting = post({ signal: controller.signal }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.held).toHaveLength(1));
    controller.abort(new Error('changed my mind'));
    expect(await posting).toHaveProperty('message', 'changed my mind');
    await vi.waitFor(() => expect(server.cutOff).toHaveLength(1));

    const endless = createServer((_, response) => void response.write('1'));
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(endless.address() as { port: number }).port}`;
    const later = new AbortController();
    const answer = await term.fetch(url, { method: 'POST', signal: later.signal });
    later.abort();
    await expect(answer.text()).rejects.toHaveProperty('name', 'AbortError');
    endless.closeAllConnections();
    endless.close();
  });

  it('leaves an answer alone that has begun before the end of the term', async () => {
    const slow = createServer((request, response) => {
      response.write('begun, ');
      request.resume();
      process.once('SIGUSR2', () => response.end('ended'));
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(slow.address() as { port: number }).port}`;
    const answer = await term.fetch(url, { method: 'POST' });
    await leader.lose();
    process.emit('SIGUSR2');
    expect(await answer.text()).toBe('begun, ended');
    slow.close();
  });

  it('keeps a margin before the deadline', async () => {
    leader.clock.freeze(7_000);
    await expect(post({ marginSeconds: 3 })).resolves.toHaveProperty('status', 200);
    leader.clock.freeze(1);
    await expect(post({ marginSeconds: 3 })).rejects.toThrow('less than the margin of 3 s');
    await expect(post({ marginSeconds: 10 })).rejects.toThrow(ConfigError);
    // @ts-expect-error -- as in JavaScript
    await expect(post({ marginSeconds: '1' })).rejects.toThrow('marginSeconds must be a number');
    expect(server.arrived).toHaveLength(1);
  });

  it('works where fetch is another one than that of Node', async () => {
    const fake = vi.fn(() => Promise.resolve(new Response('fake')));
    vi.stubGlobal('fetch', fake);
    expect(await (await post()).text()).toBe('fake');
    leader.standStill();
    await expect(post()).rejects.toThrow(NotLeaderError);
    expect(fake).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });
});
