import type { Socket } from 'node:net';

/** What is on its way in another connection may still arrive. */
const GRACE_MS = 300;

/** Of so many it is looked whether anybody still knows them. */
const MANY = 1000;

interface Sign {
  readonly connection: Socket;
  readonly heardAt: number;
  readonly beatMs: number;
}

/**
 * Notices who is gone: whoever has promised a word now and then, whose connection has ended, and of
 * whom the next word is overdue. The end of a process ends its connections at once, and a machine
 * that is frozen or cut off lets the server close the idle one. The end of a connection alone says
 * nothing, since a proxy between may have one for each request.
 */
export class Presence {
  readonly #signs = new Map<string, Sign>();
  readonly #watched = new WeakSet<Socket>();
  readonly #onGone: (candidate: string, agoMs: number) => void;
  readonly #isKnown: (candidate: string) => boolean;

  /**
   * @param onGone is told how long ago the connection has ended, too
   * @param isKnown whether it matters to anybody that a candidate is gone
   */
  constructor(
    onGone: (candidate: string, agoMs: number) => void,
    isKnown: (candidate: string) => boolean,
  ) {
    this.#onGone = onGone;
    this.#isKnown = isKnown;
  }

  /** Of how many it would be noticed. */
  get size(): number {
    return this.#signs.size;
  }

  heard(connection: Socket, beatMs: number, candidates: readonly string[]): void {
    for (const id of candidates) {
      this.#signs.set(id, { connection, heardAt: performance.now(), beatMs });
    }
    if (this.#signs.size > MANY) {
      for (const id of this.#signs.keys()) if (!this.#isKnown(id)) this.#signs.delete(id);
    }
    if (this.#watched.has(connection)) return;
    this.#watched.add(connection);
    connection.once('close', () => this.#ended(connection));
  }

  /** It has said that nothing more will come: there is nothing to be noticed. */
  forget(candidate: string): void {
    this.#signs.delete(candidate);
  }

  #ended(connection: Socket): void {
    const endedAt = performance.now();
    for (const [id, sign] of this.#signs) {
      if (sign.connection !== connection) continue;
      const due = sign.heardAt + sign.beatMs + GRACE_MS - endedAt;
      const timer = setTimeout(
        () => {
          if (this.#signs.get(id) !== sign) return;
          this.#signs.delete(id);
          this.#onGone(id, performance.now() - endedAt);
        },
        Math.max(due, GRACE_MS),
      );
      // Who looks on does not keep the program running.
      timer.unref();
    }
  }
}
