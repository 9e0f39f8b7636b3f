import { describe, expect, it } from 'vitest';
import type { ApiStream } from '../../src/kubernetes/api-request.js';
import { readEvents, type WatchEvent } from '../../src/kubernetes/watch/watch-events.js';
import { LOCK_NAME, collectionOf, pathOf } from './candidates/simulated-lock.js';
import type { Fact } from './facts.js';
import { Host } from './world/host.js';
import { Link } from './world/link.js';
import { type Caller, Network } from './world/network.js';
import { SimProcess } from './world/process.js';
import { Random } from './world/random.js';
import { SimServer } from './world/server.js';
import { World } from './world/world.js';

/*
 * Watches as candidates get them in a simulation: by the rules of the API server, over a network
 * that may fail. The bugs that would show here are events that nobody sent, and faults that are
 * none.
 */

const BY_HAND = { who: 'edit', request: null };
const SMALL_TROUBLES = { late: 0, repeated: 0, stale: 0, missing: 0, error: 0, closed: 0 };

/** One client that watches the lock's object, in a world without mishaps. */
class Stage {
  readonly facts: Fact[] = [];
  readonly world = new World(
    (fact) => {
      this.facts.push(fact);
    },
    () => undefined,
  );
  readonly server = new SimServer(this.world, new Random(1), Date.UTC(2026), () => undefined);
  readonly network = new Network(this.world, this.server, new Random(2), () => undefined);
  readonly link = new Link();
  readonly process: SimProcess;
  readonly open = new Set<number>();
  readonly events: WatchEvent[] = [];
  /** How the watch ended; null as long as it has not. */
  end: string | null = null;
  status = 0;

  constructor() {
    const host = new Host(this.world, 'm1', 1, 0, 0);
    this.process = new SimProcess(this.world, host, new Random(3));
    Object.assign(this.network.streams.trouble, SMALL_TROUBLES);
  }

  watch(query: Record<string, string> = {}, signal?: AbortSignal): void {
    const { process, link } = this;
    const caller: Caller = { process, link, who: () => 'm1.1', leads: () => false };
    const client = this.network.client(caller, this.open);
    process.deliver(() => {
      client
        .stream({
          method: 'GET',
          path: collectionOf('Lease'),
          query: { watch: 'true', fieldSelector: `metadata.name=${LOCK_NAME}`, ...query },
          signal,
        })
        .then((stream) => this.#read(stream))
        .then(
          () => (this.end = 'ended'),
          (error: unknown) => (this.end = String(error)),
        );
    });
  }

  async #read(stream: ApiStream): Promise<void> {
    this.status = stream.status;
    if (stream.status !== 200) return;
    await readEvents(stream.body, (event) => {
      this.events.push(event);
    });
  }

  /** Creates the lock's object, or changes a label of it. Returns its version. */
  write(label: string): string {
    const blank = { kind: 'Lease', metadata: { name: LOCK_NAME, namespace: 'default' }, spec: {} };
    const found = this.server.read(pathOf('Lease')) as typeof blank | null;
    const metadata = { ...(found ?? blank).metadata, labels: { label } };
    const body = JSON.stringify({ ...(found ?? blank), metadata });
    const { json } = this.server.handle(
      found === null
        ? { method: 'POST', path: collectionOf('Lease'), body }
        : { method: 'PUT', path: pathOf('Lease'), body },
      BY_HAND,
    );
    return (json as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  }

  at(ms: number, act: () => void): this {
    this.world.at(ms, act);
    return this;
  }

  async runUntil(ms: number): Promise<void> {
    this.world.at(ms, () => {
      this.world.end();
    });
    await this.world.run();
  }

  get seen(): string[] {
    return this.events.map(({ type, object }) => {
      const { resourceVersion = '' } = (object['metadata'] ?? {}) as { resourceVersion?: string };
      return `${type} ${resourceVersion}`;
    });
  }
}

describe('a simulated watch', () => {
  it('tells how things are, then each change with its version, deletions included', async () => {
    const stage = new Stage();
    const first = stage.write('a');
    let second = '';
    stage.watch();
    stage.at(1000, () => (second = stage.write('b')));
    stage.at(2000, () =>
      stage.server.handle({ method: 'DELETE', path: pathOf('Lease'), body: '' }, BY_HAND),
    );
    await stage.runUntil(3000);
    const deleted = String(Number(second) + 1);
    expect(stage.seen).toEqual([`ADDED ${first}`, `MODIFIED ${second}`, `DELETED ${deleted}`]);
    const heard = stage.facts.filter((fact) => fact.kind === 'heard');
    expect(heard.map(({ revision }) => String(revision))).toEqual([first, second, deleted]);
    expect(heard.at(-1)?.body).toBeNull();
  });

  it('goes on from a version, and says 410 when that is too old', async () => {
    const stage = new Stage();
    const first = stage.write('a');
    const second = stage.write('b');
    stage.watch({ resourceVersion: first });
    await stage.runUntil(100);
    expect(stage.seen).toEqual([`MODIFIED ${second}`]);

    const late = new Stage();
    const old = late.write('a');
    for (let i = 0; i < 15; i++) late.write(`b${i}`);
    late.watch({ resourceVersion: old });
    await late.runUntil(100);
    expect(late.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
    expect(late.end).toBe('ended');
    expect(late.open.size).toBe(0);
  });

  it('brings bookmarks, and ends after the time that was asked for', async () => {
    const stage = new Stage();
    stage.watch({ allowWatchBookmarks: 'true', timeoutSeconds: '90' });
    stage.at(1000, () => stage.write('a'));
    await stage.runUntil(95_000);
    const { revision } = stage.facts.find((fact) => fact.kind === 'heard') ?? { revision: 0 };
    // One each minute, and one just before the end.
    expect(stage.seen).toEqual([
      `ADDED ${revision}`,
      `BOOKMARK ${revision}`,
      `BOOKMARK ${revision}`,
    ]);
    expect(stage.end).toBe('ended');
  });

  it('is refused with 403 where there is no right to it', async () => {
    const stage = new Stage();
    stage.network.streams.trouble.refused = 1;
    stage.watch();
    await stage.runUntil(1000);
    expect(stage.status).toBe(403);
    expect(stage.open.size).toBe(0);
  });

  it('dies silently: nothing comes, and nobody is told', async () => {
    const stage = new Stage();
    stage.watch();
    stage.at(500, () => {
      stage.network.streams.each(stage.link, (connection) => {
        connection.silence();
      });
    });
    stage.at(1000, () => stage.write('a'));
    await stage.runUntil(600_000);
    expect(stage.seen).toEqual([]);
    expect(stage.end).toBeNull();
  });

  it('breaks off when the API server goes down, as most connections do', async () => {
    const stage = new Stage();
    for (let i = 0; i < 20; i++) stage.watch();
    stage.at(500, () => {
      stage.network.resetAll();
    });
    await stage.runUntil(1000);
    // A few are left half open.
    expect(stage.open.size).toBeLessThan(8);
    expect(stage.end).not.toBeNull();
  });

  it('repeats, loses and delays events where it is told to', async () => {
    const seenWith = async (trouble: object): Promise<string[]> => {
      const stage = new Stage();
      stage.watch();
      stage.at(500, () => Object.assign(stage.network.streams.trouble, trouble));
      for (let i = 1; i <= 4; i++) stage.at(1000 * i, () => stage.write(`w${i}`));
      await stage.runUntil(60_000);
      return stage.seen;
    };
    const all = await seenWith({});
    expect(all).toHaveLength(4);
    expect(await seenWith({ repeated: 1 })).toEqual(all.flatMap((event) => [event, event]));
    expect(await seenWith({ missing: 1 })).toEqual([]);
    const late = await seenWith({ late: 1 });
    expect(late).not.toEqual(all);
    expect([...late].sort()).toEqual([...all].sort());
    const stale = await seenWith({ stale: 1 });
    expect(stale.length).toBeGreaterThan(4);
    expect(new Set(stale)).toEqual(new Set(all));
  });

  it('holds events back while the process cannot run', async () => {
    const stage = new Stage();
    stage.watch();
    stage.at(500, () => {
      stage.process.freeze('stopped');
    });
    stage.at(1000, () => stage.write('a'));
    stage.at(5000, () => {
      expect(stage.seen).toEqual([]);
      stage.process.thaw('stopped');
    });
    await stage.runUntil(5100);
    expect(stage.seen).toHaveLength(1);
  });

  it('leaves nothing behind when it is aborted', async () => {
    const stage = new Stage();
    const controller = new AbortController();
    stage.watch({}, controller.signal);
    stage.at(500, () => {
      stage.process.deliver(() => {
        controller.abort();
      });
    });
    stage.at(1000, () => stage.write('a'));
    await stage.runUntil(2000);
    expect(stage.seen).toEqual([]);
    expect(stage.end).toContain('aborted');
    expect(stage.open.size).toBe(0);
    expect(stage.network.streams.size).toBe(0);
  });
});
