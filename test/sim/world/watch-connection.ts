import type { WatchEvent, WatchStream } from '../../../src/testing/apiserver/watches.js';
import type { ApiStream } from '../../../src/kubernetes/api-request.js';
import { LockError } from '../../../src/errors/lock-error.js';
import type { Json } from '../facts.js';
import type { Link } from './link.js';
import type { Caller } from './network.js';
import type { Random } from './random.js';
import type { ServerAnswer } from './server.js';
import { StreamBody } from './stream-body.js';
import type { World } from './world.js';

/** How likely each of these befalls an event of a watch. */
export interface WatchTrouble {
  /** Of opening a watch: turned away with 403. */
  refused: number;
  /** Seconds late, and others overtake it. */
  late: number;
  repeated: number;
  /** An earlier event comes once more behind it. */
  stale: number;
  missing: number;
  /** The server ends the watch with an `ERROR` event. */
  error: number;
  /** The server ends the watch by itself. */
  closed: number;
  /** Nothing comes any more, and nobody is told. */
  silenced: number;
}

export interface WatchSurroundings {
  readonly world: World;
  readonly random: Random;
  readonly trouble: WatchTrouble;
  readonly count: (fault: string) => void;
}

const BOOKMARK_EVERY_MS = 60_000;

/** Bookmarks come this long before the server ends a watch. */
const LAST_BOOKMARK_MS = 2000;

/** A watch from the server's side to the client's, over a link that may be cut, slow or lossy. */
export class WatchConnection {
  readonly link: Link;
  readonly #caller: Caller;
  readonly #around: WatchSurroundings;
  readonly #body: StreamBody;
  readonly #onClose: () => void;
  #isOpen = true;
  #silent = false;
  #headArrived = false;
  #unsubscribe = (): void => undefined;
  #earlier: WatchEvent | null = null;
  /** What is sent on one connection arrives in that order. */
  #lastArrival = 0;

  constructor(caller: Caller, around: WatchSurroundings, onClose: () => void) {
    this.link = caller.link;
    this.#caller = caller;
    this.#around = around;
    this.#onClose = onClose;
    this.#body = new StreamBody(() => {
      this.close();
    });
  }

  /** The head of the answer has arrived: without it, nothing behind it does. */
  answer({ status, headers }: Pick<ServerAnswer, 'status' | 'headers'>): ApiStream {
    this.#headArrived = true;
    const body = this.#body.asMessage;
    return { status, headers, body, address: 'simulated:6443', scrub: (text) => text };
  }

  /** The server carries the watch on this connection from now on; the answer's head comes first. */
  carry(stream: WatchStream, headArrivesAt: number): void {
    const { world } = this.#around;
    this.#lastArrival = headArrivesAt;
    const { timeoutSeconds, bookmarks } = stream;
    const timeoutMs = (timeoutSeconds ?? 1800) * 1000;
    const bookmark = (): void => {
      const event = stream.bookmark();
      if (this.#isOpen && event !== null) this.#send(event);
    };
    const repeat = (): void => {
      if (!this.#isOpen) return;
      bookmark();
      world.after(BOOKMARK_EVERY_MS, repeat);
    };
    if (bookmarks) world.after(BOOKMARK_EVERY_MS, repeat);
    if (bookmarks && timeoutMs > LAST_BOOKMARK_MS) {
      world.after(timeoutMs - LAST_BOOKMARK_MS, bookmark);
    }
    world.after(timeoutMs, () => {
      this.end();
    });
    const unsubscribe = stream.open((event) => {
      this.#send(event);
    });
    if (this.#isOpen) this.#unsubscribe = unsubscribe;
    else unsubscribe();
  }

  /** An answer that is no watch, and ends. */
  carryJson(json: unknown): void {
    this.#arrive(() => {
      this.#body.push(Buffer.from(JSON.stringify(json)));
      this.#body.end();
      this.close();
    });
  }

  /** The server ends it in an orderly way. */
  end(): void {
    if (!this.#isOpen) return;
    this.#unsubscribe();
    this.#after(this.#delayMs(), () => {
      this.#body.end();
      this.close();
    });
  }

  /** The connection breaks. */
  break(): void {
    this.#unsubscribe();
    this.#arrive(() => {
      this.#body.fail(new Error('the connection was reset (ECONNRESET)'));
      this.close();
    });
  }

  /** From now on nothing comes. */
  silence(): void {
    this.#silent = true;
    this.#unsubscribe();
  }

  /** The client lets go of it. */
  abort(): void {
    this.#body.fail(new LockError('the request was aborted', { kind: 'aborted' }));
    this.close();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#unsubscribe();
    this.#onClose();
  }

  #send(event: WatchEvent): void {
    if (this.#caller.process.dead) {
      this.close();
      return;
    }
    const { random, trouble, count } = this.#around;
    const { link } = this;
    const happens = (name: string, probability: number): boolean => {
      const does = random.chance(probability);
      if (does) count(`watch ${name}`);
      return does;
    };
    if (event.type === 'ERROR') {
      this.#transmit(event);
      this.end();
      return;
    }
    if (happens('silent', trouble.silenced + link.lostAnswer / 4 + link.hangs / 8)) this.silence();
    else if (happens('reset', link.reset / 4)) this.break();
    else if (happens('closed', trouble.closed)) this.end();
    else if (happens('ended with an error', trouble.error)) {
      this.#transmit(SERVER_ERROR);
      this.end();
    } else if (!happens('event missing', trouble.missing)) {
      if (happens('event late', trouble.late)) this.#transmit(event, random.skewed(50, 20_000));
      else this.#transmit(event);
      if (happens('event repeated', trouble.repeated)) this.#transmit(event);
      if (this.#earlier !== null && happens('event stale', trouble.stale)) {
        this.#transmit(this.#earlier, random.skewed(1, 5000));
      }
      // As a rule the one before; now and then one from long ago.
      if (random.chance(0.7)) this.#earlier = event;
    }
  }

  /** Without a delay of its own, it comes behind what was sent before. */
  #transmit(event: WatchEvent, lateMs?: number): void {
    const act = (): void => {
      this.#receive(event);
    };
    if (lateMs === undefined) this.#after(this.#delayMs(), act);
    else {
      this.#around.world.after(lateMs, () => {
        this.#arrive(act);
      });
    }
  }

  #delayMs(): number {
    return this.#around.random.skewed(...this.link.delayMs);
  }

  #after(ms: number, act: () => void): void {
    const { world } = this.#around;
    this.#lastArrival = Math.max(this.#lastArrival, world.now + ms);
    world.at(this.#lastArrival, () => {
      this.#arrive(act);
    });
  }

  #arrive(act: () => void): void {
    if (this.#silent || !this.#isOpen) return;
    if (this.link.cutDown) {
      this.link.hold(() => {
        this.#arrive(act);
      });
      return;
    }
    this.#caller.process.deliver(() => {
      if (this.#isOpen && this.#headArrived) act();
    });
  }

  #receive(event: WatchEvent): void {
    const { world, random } = this.#around;
    const { process } = this.#caller;
    const object = event.object as Json;
    const isOfLock = object['kind'] !== 'Pod';
    if (isOfLock && event.type !== 'ERROR' && event.type !== 'BOOKMARK') {
      const { resourceVersion } = object['metadata'] as { resourceVersion: string };
      world.record({
        kind: 'heard',
        t: world.now,
        who: this.#caller.who(),
        revision: Number(resourceVersion),
        body: event.type === 'DELETED' ? null : object,
        local: process.now(),
      });
    }
    const line = lineOf(event);
    if (!random.chance(0.02)) {
      this.#body.push(line);
      return;
    }
    // Chunks end where they like: within a line, too.
    const middle = random.int(1, line.length - 1);
    this.#body.push(line.subarray(0, middle));
    this.#body.push(line.subarray(middle));
  }
}

const SERVER_ERROR: WatchEvent = {
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'an error on the server has prevented the request from succeeding',
    reason: 'InternalError',
    code: 500,
  },
};

/** All who watch get the same line. */
const lines = new WeakMap<object, { readonly type: string; readonly line: Buffer }>();

function lineOf({ type, object }: WatchEvent): Buffer {
  const known = lines.get(object);
  if (known?.type === type) return known.line;
  const line = Buffer.from(`${JSON.stringify({ type, object })}\n`);
  lines.set(object, { type, line });
  return line;
}
