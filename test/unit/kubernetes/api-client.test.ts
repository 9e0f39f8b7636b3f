import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { ask, failureOf, get, put } from './support/asking.js';
import { failure } from './support/failure.js';
import { kubeConfig } from './support/kube-configs.js';
import {
  answerWith,
  sendJson,
  serversOfEachTest,
  type Handler,
  type TestServer,
} from './support/server.js';

const startServer = serversOfEachTest();

async function start(handler: Handler): Promise<{ server: TestServer; client: ApiClient }> {
  const server = await startServer(handler);
  return { server, client: new ApiClient(kubeConfig({ server: server.url })) };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a request', () => {
  it('sends JSON and introduces itself, and gives back status, headers and JSON', async () => {
    const { server, client } = await start(answerWith(201, { ok: 'yes' }));

    const answer = await client.request({
      method: 'POST',
      path: '/api/v1/things',
      query: { fieldSelector: 'metadata.name=a' },
      body: { ä: '€' },
    });

    expect(answer).toMatchObject({ status: 201, json: { ok: 'yes' } });
    expect(answer.headers['content-type']).toBe('application/json');
    const [seen] = server.requests;
    expect(seen?.url).toBe('/api/v1/things?fieldSelector=metadata.name%3Da');
    expect(seen?.body).toEqual({ ä: '€' });
    expect(seen?.headers['content-length']).toBe(String(Buffer.byteLength('{"ä":"€"}')));
    expect(seen?.headers['user-agent']).toMatch(/^k8s-leader-election\/\d+\.\d+\.\d+ \(node v\d+/);
    expect(seen?.headers.accept).toBe('application/json');
    expect(seen?.headers.authorization).toBeUndefined();
  });

  it.each(['/k8s/clusters/c-1', '/k8s/clusters/c-1/'])(
    'keeps the path %s of the server URL',
    async (prefix) => {
      const server = await startServer(answerWith(200, {}));

      await ask(kubeConfig({ server: server.url + prefix }), { path: '/api/v1/x' });

      expect(server.requests[0]?.url).toBe('/k8s/clusters/c-1/api/v1/x');
    },
  );

  it('has no JSON when the body is not JSON, whatever it is', async () => {
    const { client } = await start((_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>bad gateway</html>');
    });

    expect(await client.request(get)).toMatchObject({ status: 502, json: undefined });
  });

  it('uses one connection for many requests, one after the other', async () => {
    const { server, client } = await start(answerWith(200, {}));

    for (let count = 0; count < 30; count++) await client.request(count % 2 === 0 ? get : put);
    // Another client that has equal settings uses it, too.
    await ask(kubeConfig({ server: server.url }));

    expect(server.requests).toHaveLength(31);
    expect(server.connections()).toBe(1);
  });

  it('opens four connections for a crowd of requests', async () => {
    const { server, client } = await start(answerWith(200, {}));

    await Promise.all(Array.from({ length: 40 }, () => client.request(get)));

    expect(server.requests).toHaveLength(40);
    expect(server.connections()).toBe(4);
  });

  it('sends a write that comes late before most reads that came early', async () => {
    const { server, client } = await start(answerWith(200, {}));

    await Promise.all([
      ...Array.from({ length: 20 }, () => client.request(get)),
      client.request(put),
    ]);

    const methods = server.requests.map(({ method }) => method);
    expect(methods).toHaveLength(21);
    // The first four were under way when it came.
    expect(methods.indexOf('PUT')).toBeLessThanOrEqual(4);
  });

  it('a request that is given up while it waits for its turn is not sent, and its turn not lost', async () => {
    const held: (() => void)[] = [];
    const { server, client } = await start((_request, response) => {
      held.push(() => {
        sendJson(response, 200, {});
      });
    });
    const underWay = Array.from({ length: 4 }, () => client.request(get));
    await vi.waitFor(() => {
      expect(held).toHaveLength(4);
    });
    const controller = new AbortController();
    const aborted = failure(client.request({ ...put, signal: controller.signal }));
    const late = failure(client.request({ ...put, timeoutMs: 20 }));
    const patient = client.request(get);
    controller.abort();
    expect([(await aborted).kind, (await late).kind]).toEqual(['aborted', 'timeout']);
    server.handle(answerWith(200, {}));
    for (const answer of held) answer();
    await Promise.all([...underWay, patient]);
    expect(server.requests.map(({ method }) => method)).toEqual(Array(5).fill('GET'));
  });
});

describe('a kept-alive connection that the server closes at its next use', () => {
  const closeOnReuse: Handler = (request, response) => {
    const isFirstOfConnection = request.connection !== 1 || request.url === '/first';
    if (isFirstOfConnection) sendJson(response, 200, { url: request.url });
    else request.message.socket.destroy();
  };

  it('repeats a read on a fresh connection', async () => {
    const { server, client } = await start(closeOnReuse);
    await client.request({ method: 'GET', path: '/first' });

    expect(await client.request(get)).toMatchObject({ status: 200, json: { url: '/api' } });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('does not repeat a write, and says that the connection was closed', async () => {
    const { server, client } = await start(closeOnReuse);
    await client.request({ method: 'GET', path: '/first' });

    const error = await failure(client.request(put));

    expect(error.kind).toBe('network');
    expect(error.mayHaveCommitted).toBe(true);
    expect(error.message).toBe(
      `Lease a/b: the connection to the API server at 127.0.0.1:${server.port} was closed before ` +
        'the whole answer arrived (ECONNRESET).',
    );
    expect(server.requests).toHaveLength(2);
  });

  it('repeats a read once and not for ever', async () => {
    const { server, client } = await start((request, response) => {
      if (request.url === '/first') sendJson(response, 200, {});
      else request.message.socket.destroy();
    });
    await client.request({ method: 'GET', path: '/first' });

    expect((await failure(client.request(get))).kind).toBe('network');
    expect(server.requests).toHaveLength(3);
  });
});

describe('an answer that breaks off', () => {
  it('in the middle of its body is a network error', async () => {
    const { client } = await start((request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"half":', () => request.message.socket.destroy());
    });

    const error = await failure(client.request(get));

    expect(error.kind).toBe('network');
    expect(error.message).toContain('closed before the whole answer arrived');
  });

  it('because it is larger than 4 MiB is a server error, and its connection is closed', async () => {
    const { server, client } = await start((_request, response) => {
      response.writeHead(200);
      response.end(Buffer.alloc(5 * 1024 * 1024, 'x'));
    });

    const error = await failure(client.request(get));

    expect(error.kind).toBe('serverError');
    expect(error.message).toContain('larger than 4194304 bytes');
    await server.closed(1);
  });

  it('because it is not HTTP says so', async () => {
    const raw = net.createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    const { port } = raw.address() as net.AddressInfo;

    const error = await failureOf(kubeConfig({ server: `http://127.0.0.1:${port}` }));
    raw.close();

    expect(error.kind).toBe('network');
    expect(error.message).toMatch(/did not answer in HTTP \(HPE_\w+\)/);
  });
});

describe('a server that cannot be reached', () => {
  it('is named with host and port when it refuses the connection', async () => {
    const { server, client } = await start(answerWith(200, {}));
    await server.close();

    const error = await failure(client.request(get));

    expect(error.kind).toBe('network');
    expect(error.message).toBe(
      `Lease a/b: cannot reach the API server at 127.0.0.1:${server.port}: connection refused ` +
        "(ECONNREFUSED). Check that it runs, and the kubeconfig's server URL.",
    );
  });

  it('is named when its host name does not exist', async () => {
    const { message } = await failureOf(kubeConfig({ server: 'http://nowhere.invalid:6443' }));

    expect(message).toMatch(
      /cannot reach the API server at nowhere.invalid:6443: the host name cannot be resolved/,
    );
  });
});

describe('a server that never answers', () => {
  const hang: Handler = () => undefined;

  it('is given up after the timeout, and its connection is closed', async () => {
    const { server, client } = await start(hang);

    const error = await failure(client.request({ ...get, timeoutMs: 30 }));

    expect(error.kind).toBe('timeout');
    expect(error.message).toBe(
      `Lease a/b: no whole answer from the API server at 127.0.0.1:${server.port} within 30 ms.`,
    );
    await server.closed(1);
  });

  it('is given up after ten seconds when nothing else is said', async () => {
    const { server, client } = await start(hang);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let settled = false;
    const pending = failure(client.request(get)).finally(() => (settled = true));
    // Not by `waitUntil`, which lets the fake time pass.
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));

    vi.advanceTimersByTime(9_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    vi.advanceTimersByTime(1);

    expect((await pending).kind).toBe('timeout');
  });

  it('is given up when the caller aborts, and its connection is never used again', async () => {
    const { server, client } = await start((_request, response) => {
      sendJson(response, 200, {});
    });
    await client.request(get);
    server.handle(hang);
    const controller = new AbortController();
    const pending = failure(client.request({ ...put, signal: controller.signal }));
    await vi.waitUntil(() => server.requests.length === 2);

    controller.abort();
    const error = await pending;
    server.handle(answerWith(200, { fresh: true }));

    expect(error.kind).toBe('aborted');
    expect(error.mayHaveCommitted).toBe(true);
    await server.closed(1);
    expect(await client.request(get)).toMatchObject({ json: { fresh: true } });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('takes the other idle connections of the same path along', async () => {
    const { server, client } = await start((_request, response) => {
      setImmediate(() => {
        sendJson(response, 200, {});
      });
    });
    await Promise.all([client.request(get), client.request(get), client.request(get)]);
    const opened = server.connections();
    expect(opened).toBeGreaterThan(1);
    server.handle(hang);

    await failure(client.request({ ...get, timeoutMs: 30 }));

    await server.closed(opened);
    expect(opened).toBe(3);
  });

  it("counts an AbortSignal's own timeout as a timeout", async () => {
    const { client } = await start(hang);

    const error = await failure(client.request({ ...get, signal: AbortSignal.timeout(20) }));

    expect(error.kind).toBe('timeout');
    expect(error.message).toContain('in time');
  });

  it('is not even asked when the signal has been aborted before', async () => {
    const { server, client } = await start(hang);

    const error = await failure(client.request({ ...get, signal: AbortSignal.abort() }));

    expect(error.kind).toBe('aborted');
    expect(server.requests).toHaveLength(0);
  });
});

describe('signals', () => {
  it('have no listener left after the request, however it ended', async () => {
    const { server, client } = await start(answerWith(200, {}));
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');

    for (let count = 0; count < 20; count++) await client.request({ ...get, signal });
    await server.close();
    await failure(client.request({ ...get, signal }));

    expect(added).toHaveBeenCalledTimes(21);
    const listenersOf = ({ mock }: typeof added | typeof removed): unknown =>
      new Set(mock.calls.map(([, listener]) => listener));
    expect(listenersOf(removed)).toEqual(listenersOf(added));
  });
});

describe('a stream', () => {
  it('begins with the answer, goes on without a limit, and ends with its signal', async () => {
    const { server, client } = await start((_request, response) => {
      response.writeHead(200).write('one\n');
    });
    const controller = new AbortController();

    const stream = await client.stream({ ...get, timeoutMs: 200, signal: controller.signal });
    const [first] = (await once(stream.body, 'data')) as [Buffer];
    expect(String(first)).toBe('one\n');
    expect(stream.status).toBe(200);

    const closed = new Promise((resolve) => stream.body.once('close', resolve));
    controller.abort();
    await closed;
    await server.closed(1);
  });

  it('leaves the connections for requests free', async () => {
    const { server, client } = await start((request, response) => {
      if (request.url === '/watch') response.writeHead(200).write('\n');
      else sendJson(response, 200, {});
    });
    const watches = await Promise.all(
      Array.from({ length: 12 }, () => client.stream({ method: 'GET', path: '/watch' })),
    );

    expect((await client.request({ ...get, timeoutMs: 1000 })).status).toBe(200);

    for (const { body } of watches) body.destroy();
    await server.closed(12);
  });

  it('has its own credentials taken out of what a refusal repeats', async () => {
    const server = await startServer((request, response) => {
      sendJson(response, 403, { message: `not for ${request.headers.authorization}` });
    });
    const client = new ApiClient(kubeConfig({ server: server.url }, { token: 'hush-hush-hush' }));

    const { status, body, scrub } = await client.stream(get);

    expect(status).toBe(403);
    const said = await text(body);
    expect(said).toContain('hush-hush-hush');
    expect(scrub(said)).toBe('{"message":"not for Bearer [redacted]"}');
  });
});
