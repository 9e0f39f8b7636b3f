import { request } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors/config-error.js';
import { InspectorServer } from '../../src/inspect/inspector-server.js';
import { Collector } from '../../src/inspect/collector.js';
import { reportTarget } from '../../src/inspect/report-target.js';
import { connectInspector, type Inspector, startInspector } from '../../src/inspect.js';
import { stepReport } from './support/reports.js';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = options;
    const asking = request(url, { method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (body += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asking.on('error', reject);
    asking.end(options.body);
  });
}

describe('the server of the live chart', () => {
  let inspector: Inspector;
  beforeEach(async () => {
    inspector = await startInspector();
  });
  afterEach(() => inspector.close());

  it('is on 127.0.0.1 alone, at a random port, behind a random token', async () => {
    await using other = await startInspector();
    expect(inspector.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/$/);
    const [a, b] = [inspector.url, other.url].map((url) => new URL(url));
    expect(a?.port).not.toBe(b?.port);
    expect(a?.pathname).not.toBe(b?.pathname);
  });

  it('gives the page and everything that it is made of, and allows nothing from elsewhere', async () => {
    const page = await ask(inspector.url);
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    const named = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(2);
    for (const path of [...named, 'chart.json']) {
      expect(path).not.toMatch(/^\/|:/);
      expect((await ask(inspector.url + path)).status, path).toBe(200);
    }
    for (const path of ['main.js', 'cards.js', 'history.js']) {
      const { body } = await ask(inspector.url + path);
      for (const [, from] of body.matchAll(/from '(.+?)'/g)) {
        expect((await ask(new URL(from ?? '', inspector.url + path).href)).status, from).toBe(200);
      }
    }
  });

  it('shows nothing without the token, and names no other thing that is there', async () => {
    const { origin, pathname } = new URL(inspector.url);
    const wrong = `/${'x'.repeat(pathname.length - 2)}/`;
    for (const path of ['/', '/stream', '/chart.json', wrong, `${wrong}stream`]) {
      const answer = await ask(origin + path);
      expect(answer.status, path).toBe(404);
      expect(answer.body).not.toContain(pathname.replaceAll('/', ''));
    }
  });

  it('refuses names that were made to point here, and pages of other sites', async () => {
    const { port } = new URL(inspector.url);
    const status = async (headers: Record<string, string>) =>
      (await ask(inspector.url, { headers })).status;
    expect(await status({ host: `evil.example:${port}` })).toBe(403);
    expect(await status({ host: '127.0.0.1' })).toBe(403);
    expect(await status({ host: `localhost:${port}` })).toBe(200);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ origin: `http://127.0.0.1:${port}` })).toBe(200);
  });

  it('takes reports by POST alone, with the token in a header, and only what makes sense', async () => {
    const { origin, pathname } = new URL(inspector.url);
    const token = pathname.replaceAll('/', '');
    const url = `${origin}/reports`;
    const post = async (body: string, authorization = `Bearer ${token}`) =>
      (await ask(url, { method: 'POST', body, headers: { authorization } })).status;
    const headers = { authorization: `Bearer ${token}` };
    expect((await ask(url, { headers })).status).toBe(405);
    expect((await ask(inspector.url, { method: 'POST' })).status).toBe(405);
    expect((await ask(`${inspector.url}reports`, { method: 'POST' })).status).toBe(405);
    expect(await post('no JSON')).toBe(400);
    expect(await post('{}')).toBe(400);
    expect(await post(`"${'x'.repeat(1024 * 1024)}"`)).toBe(413);
    const candidate = { kind: 'candidate', info: { id: 'a', name: 'ada', secret: 'MARKED' } };
    const unknown = { ...stepReport('nobody'), kind: 'step' };
    const reports = [{ report: candidate }, { report: unknown }, { report: { kind: 'x' } }, null];
    const body = JSON.stringify({ reports });
    for (const wrong of ['', token, `Bearer ${'x'.repeat(token.length)}`, `Basic ${token}`]) {
      expect(await post(body, wrong), wrong).toBe(401);
    }
    expect(inspector.candidates).toEqual([]);
    expect(await post(body)).toBe(204);
    expect(inspector.candidates).toEqual([expect.objectContaining({ id: 'a', name: 'ada' })]);
    expect(JSON.stringify(inspector.candidates)).not.toContain('MARKED');
  });

  it('listens for other machines only with a token that is given, under any name of its own', async () => {
    await expect(startInspector({ host: '0.0.0.0' })).rejects.toThrow('token must be given');
    const token = 'a-token-for-this-test';
    await using open = await startInspector({ host: '0.0.0.0', token });
    const { port } = new URL(open.url);
    expect(open.url).toBe(`http://127.0.0.1:${port}/${token}/`);
    const status = async (headers: Record<string, string>) =>
      (await ask(open.url, { headers })).status;
    expect(await status({ host: 'chart.example.com' })).toBe(200);
    expect(await status({ host: 'chart.example.com', origin: 'https://chart.example.com' })).toBe(
      200,
    );
    expect(await status({ host: 'chart.example.com', origin: 'https://evil.example' })).toBe(403);
    expect(await status({ host: 'chart.example.com', origin: 'null' })).toBe(403);
    expect((await ask(`http://127.0.0.1:${port}/stream`)).status).toBe(404);
  });

  it('says that the port is in use', async () => {
    const port = Number(new URL(inspector.url).port);
    await expect(startInspector({ port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`);
  });

  it('turns pages away beyond its limit, and lets one in when another has gone', async () => {
    await using small = await startInspector({ maxPages: 1 });
    const first = new AbortController();
    const open = (signal: AbortSignal) => fetch(`${small.url}stream`, { signal });
    expect((await open(first.signal)).status).toBe(200);
    expect((await ask(`${small.url}stream`)).status).toBe(503);
    first.abort();
    await expect.poll(() => small.openPages).toBe(0);
    const second = new AbortController();
    expect((await open(second.signal)).status).toBe(200);
    second.abort();
  });

  it('cannot be reached any more once closed, with a page open', async () => {
    const response = await fetch(`${inspector.url}stream`);
    await inspector.close();
    await expect(response.text()).rejects.toThrow();
    await expect(fetch(inspector.url)).rejects.toThrow();
  });
});

describe('a page that takes nothing in', () => {
  it('is cut off when too much waits for it, and others are not', async () => {
    const collector = new Collector();
    const server = new InspectorServer({
      feed: collector,
      take: null,
      port: 0,
      token: 'a-token-for-this-test',
      limits: { maxPages: 4, maxBacklog: 100_000 },
      files: new Map(),
    });
    await server.listen();
    const { port, pathname } = new URL(server.url);
    const stuck = new Socket();
    stuck.connect(Number(port), '127.0.0.1').pause();
    stuck.write(`GET ${pathname}stream HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
    const abort = new AbortController();
    const healthy = await fetch(`${server.url}stream`, { signal: abort.signal });
    const reader = (healthy.body as ReadableStream<Uint8Array>).getReader();
    let received = 0;
    const reading = (async () => {
      for (;;) received += (await reader.read()).value?.length ?? 0;
    })().catch(() => undefined);
    await expect.poll(() => server.openPages).toBe(2);
    const info = { id: 'a', name: 'x'.repeat(50_000) } as never;
    // Far more than the buffers of the operating system hold.
    await expect
      .poll(
        () => {
          for (let more = 0; more < 20; more += 1) {
            collector.report({
              kind: 'candidate',
              info: { ...(info as object), pid: Math.random() } as never,
            });
          }
          return server.openPages;
        },
        { interval: 5, timeout: 60_000 },
      )
      .toBe(1);
    expect(received).toBeGreaterThan(1_000_000);
    abort.abort();
    await reading;
    stuck.destroy();
    await server.close();
  });
});

describe('where to report to', () => {
  const TOKEN = 'aaaaaaaaaaaaaaaaaaaa';

  it('is the whole address, or one without the token, which is given apart', () => {
    const target = (url: string, token?: string) => reportTarget({ url, token });
    const local = { isSecure: false, token: TOKEN, name: 'http://127.0.0.1:4040/' };
    expect(target(`http://127.0.0.1:4040/${TOKEN}/`)).toMatchObject(local);
    expect(target('http://127.0.0.1:4040', TOKEN)).toMatchObject(local);
    expect(target(`http://127.0.0.1:4040/${TOKEN}/`).url.href).toBe(
      'http://127.0.0.1:4040/reports',
    );
    const behind = target('https://example.com/chart', TOKEN);
    expect(behind).toMatchObject({ isSecure: true, name: 'https://example.com/chart/' });
    expect(behind.url.href).toBe('https://example.com/chart/reports');
  });

  it('says what is wrong with it, and never quotes the token', () => {
    const problem = (options: Parameters<typeof connectInspector>[0]): string => {
      try {
        connectInspector(options);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        return (error as Error).message;
      }
      throw new Error('it was taken');
    };
    const plain = problem({ url: `http://chart.example.com/${TOKEN}/` });
    expect(plain).toContain('https://');
    expect(plain).toContain('allowPlainHttp: true');
    expect(plain).not.toContain(TOKEN);
    expect(problem({ url: 'http://127.0.0.1:1/' })).toContain(
      'token must be that of the live chart',
    );
    expect(problem({ url: 'https://example.com', token: 'short' })).not.toContain('short');
    expect(problem({ url: 'nonsense' })).toContain('url must be the address of a live chart');
    expect(problem({ url: `ws://127.0.0.1:1/${TOKEN}/` })).not.toContain(TOKEN);
    expect(problem({ url: `https://user:secret@example.com/${TOKEN}/` })).not.toContain('secret');
  });
});
