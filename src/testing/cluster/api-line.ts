import type { EmbeddedApiServer } from '../embedded-api-server.js';
import type { Fault } from '../faults.js';
import { settle } from '../virtual-clock.js';
import type { Line } from './candidate.js';

// Kept as it is when this is loaded: a test may have its runner fake the time afterwards.
const hrtime = process.hrtime.bigint.bind(process.hrtime);

/** So long a service may take until its first request; then it is left to itself. */
const USED_WITHIN_NS = 5_000_000_000n;

/** What is done to one user of the embedded API server. */
export class ApiLine implements Line {
  readonly #server: EmbeddedApiServer;
  readonly #user: string;
  readonly #token: string;
  readonly #requestsBefore: number;
  #slowMs = 0;
  #isCut = false;
  /** How to take back what is in force. */
  #undo: readonly (() => void)[] = [];

  constructor(server: EmbeddedApiServer, user: string, token: string) {
    this.#server = server;
    this.#user = user;
    this.#token = token;
    this.#requestsBefore = this.#requests;
  }

  cut(): void {
    this.#isCut = true;
    this.#apply();
  }

  /** In one process, nothing but its clock can be stopped: it hears nothing that would wake it. */
  sleep(): void {
    this.cut();
  }

  heal(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    this.#apply();
    // A connection on which nothing went for so long has lost what was to come.
    this.#server.watches.closeAll({ user: this.#user, abruptly: true });
  }

  slow(ms: number): void {
    this.#slowMs = ms;
    this.#apply();
  }

  kill(): void {
    this.#takeBack();
    this.#server.revokeToken(this.#token);
    this.#server.watches.closeAll({ user: this.#user, abruptly: true });
  }

  async used(): Promise<void> {
    const began = hrtime();
    while (this.#requests === this.#requestsBefore && hrtime() - began < USED_WITHIN_NS) {
      await settle();
    }
  }

  get #requests(): number {
    return this.#server.requests.filter(({ user }) => user === this.#user).length;
  }

  /** One fault at a time: of two, the older one would strike. */
  #apply(): void {
    this.#takeBack();
    const { faults, watches } = this.#server;
    const strike = (fault: Fault) => faults.add({ match: { user: this.#user }, fault });
    if (this.#isCut) {
      this.#undo = [strike({ kind: 'hang' }), watches.silence({ user: this.#user })];
    } else if (this.#slowMs > 0) {
      this.#undo = [strike({ kind: 'delay', ms: this.#slowMs, when: 'afterCommit' })];
    }
  }

  #takeBack(): void {
    for (const undo of this.#undo) undo();
    this.#undo = [];
  }
}
