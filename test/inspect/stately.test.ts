import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors/config-error.js';
import { WebSocketServer } from 'ws';
import { connectStately } from '../../src/inspect.js';
import { valueOf } from '../../src/inspect/stately-messages.js';
import { describeWithBrowser } from './support/browser.js';
import { embeddedFleet } from './support/candidates.js';

interface Message {
  readonly type: string;
  readonly sessionId: string;
  readonly _version: string;
  readonly name?: string;
  readonly definition?: string;
  readonly event?: { readonly type: string };
  readonly snapshot?: { readonly value: unknown; readonly context: { readonly leads: boolean } };
}

/** What a viewer that speaks the protocol gets, on a WebSocket. */
class Viewer implements AsyncDisposable {
  readonly messages: Message[] = [];
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.#server.on('connection', (socket) => {
      socket.on('message', (data) => {
        this.messages.push(JSON.parse((data as Buffer).toString()) as Message);
      });
    });
  }

  static async start(): Promise<Viewer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new Viewer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  dropAll(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropAll();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** The chart's value in a term, as a viewer gets it. */
const elected = (lease: unknown, work: unknown) => ({
  participating: { elected: { deadline: 'counting', lease, work } },
});

const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 60_000, interval: 20 }).toBe(true);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function newFleet() {
  const fleet = await embeddedFleet();
  cleanups.push(() => fleet[Symbol.asyncDispose]());
  return fleet;
}

describe('connectStately', () => {
  it('tells a viewer the definition, snapshots and events of a whole term', async () => {
    const fleet = await newFleet();
    await using viewer = await Viewer.start();
    const ada = fleet.candidate('ada');
    await using _ = await connectStately(ada, { url: viewer.url, name: 'pod-a' });
    await until(() => viewer.messages.length > 0);
    await ada.acquire();
    await new Promise((resolve) => ada.on('renewed', resolve));
    await ada.stop();
    await until(() => viewer.messages.at(-1)?.snapshot?.value === 'stopped');

    const { messages } = viewer;
    const [first] = messages;
    expect(first).toMatchObject({ type: '@xstate.actor', name: 'pod-a', _version: '0.7.2' });
    const definition = JSON.parse(first?.definition ?? '') as { states: Record<string, unknown> };
    expect(Object.keys(definition.states)).toEqual(
      expect.arrayContaining(['participating', 'releasing', 'lost']),
    );
    expect(new Set(messages.map(({ sessionId }) => sessionId)).size).toBe(1);
    const values = messages.flatMap(({ snapshot }) => (snapshot ? [snapshot.value] : []));
    expect(values).toEqual(
      expect.arrayContaining([
        'idle',
        { participating: { acquiring: 'claiming' } },
        elected('leading', 'running'),
        elected({ renewing: 'writing' }, 'running'),
        elected('leading', { draining: 'finishing' }),
        { releasing: 'writing' },
        'stopped',
      ]),
    );
    const events = messages.filter(({ type }) => type === '@xstate.event');
    expect(events.map(({ event }) => event?.type)).toEqual(
      expect.arrayContaining(['start', 'xstate.done.actor.claim', 'stop']),
    );
    const led = messages.filter(({ snapshot }) => snapshot?.context.leads === true);
    expect(led.length).toBeGreaterThan(2);
  });

  it('begins again with the definition when the viewer comes back, or comes late', async () => {
    const fleet = await newFleet();
    await using viewer = await Viewer.start();
    const ada = fleet.candidate('ada');
    await using _ = await connectStately(ada, { url: viewer.url });
    await ada.acquire();
    await until(() => viewer.messages.length > 3);
    viewer.messages.length = 0;
    viewer.dropAll();
    await until(() => viewer.messages.length > 3);
    expect(viewer.messages[0]?.type).toBe('@xstate.actor');
    expect(viewer.messages.some(({ snapshot }) => snapshot?.context.leads)).toBe(true);
  });

  it('does not disturb the election when there is no viewer, or one that speaks something else', async () => {
    const fleet = await newFleet();
    const deaf = createServer((_, response) => response.writeHead(400).end());
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => deaf.close(resolve)));
    const { port } = deaf.address() as AddressInfo;
    const ada = fleet.candidate('ada');
    await using one = await connectStately(ada, { url: `ws://127.0.0.1:${port}` });
    await using other = await connectStately(ada, { url: 'ws://localhost:1' });
    expect([one.url, other.url]).toEqual([null, null]);
    expect(await ada.acquire()).toBe(true);
  });

  it('refuses a viewer on another machine, and what is no election', async () => {
    await expect(connectStately(null, { url: 'wss://example.com' })).rejects.toThrow(ConfigError);
    await expect(connectStately({} as never, {})).rejects.toThrow(
      'subject must be a LeaderElection',
    );
  });

  it('says that the port is in use, instead of ending the process', async () => {
    await using viewer = await Viewer.start();
    await expect(connectStately(null, { port: viewer.port })).rejects.toThrow(
      `Port ${viewer.port} of 127.0.0.1 is in use`,
    );
  });

  it('rebuilds the value of a snapshot from its active states', () => {
    expect(valueOf(['idle'])).toBe('idle');
    expect(valueOf(['a', 'a.b', 'a.b.c'])).toEqual({ a: { b: 'c' } });
    expect(valueOf(['a', 'a.b', 'a.b.c', 'a.d', 'a.d.e'])).toEqual({ a: { b: 'c', d: 'e' } });
    expect(valueOf(['a', 'a.b', 'a.d'])).toEqual({ a: { b: {}, d: {} } });
  });
});

describeWithBrowser('the page around the Stately viewer', (browser) => {
  it('hands it the messages once it is there, and to no other site', async () => {
    const fleet = await newFleet();
    const ada = fleet.candidate('ada');
    await using stately = await connectStately(ada);
    const context = await browser().newContext();
    cleanups.push(() => context.close());
    // In place of Stately's site: what its viewer does first, and what it would get.
    await context.route('https://stately.ai/**', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<script>
          window.got = [];
          addEventListener('message', ({ data }) => got.push(data.type));
          parent.postMessage({ type: '@statelyai.connected' }, '*');
        </script>`,
      }),
    );
    const page = await context.newPage();
    await page.goto(stately.url ?? '', { waitUntil: 'domcontentloaded' });
    await ada.acquire();
    const got = () => page.frames()[1]?.evaluate(() => (globalThis as { got?: string[] }).got);
    await expect.poll(got).toContain('@xstate.snapshot');
    expect((await got())?.[0]).toBe('@xstate.actor');
  });
});
