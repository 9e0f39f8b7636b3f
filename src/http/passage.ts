/** The methods of HTTP that change nothing. */
const READS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** What is no method, or none that can be read, may change something. */
export function isRead(method: unknown): boolean {
  return READS.includes(String(method).toUpperCase());
}

/** What requests leave through, for as long as it is open. */
export interface Gate {
  /** Why nothing may leave now; null: it may. Asks the clock. */
  refusal(): Error | null;
  /** Calls this once nothing may leave any more, at once if it is so. Returns how to revoke that. */
  onClosed(call: () => void): () => void;
}

/**
 * The way of one request through a gate. That is asked when the request is made, and again right before
 * the first of it is written to a connection: in between there may be a queue, a handshake, or a
 * process that was stopped.
 */
export class Passage {
  readonly #gate: Gate;
  readonly #controller = new AbortController();
  #leave: (() => void) | null = null;

  /** @throws what the gate refuses it with */
  constructor(gate: Gate) {
    this.#gate = gate;
    const refusal = gate.refusal();
    if (refusal !== null) throw refusal;
  }

  /** Aborted when the request is to be given up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it may leave, at this moment. If not, it is given up. */
  mayLeave(): boolean {
    if (this.signal.aborted) return false;
    const refusal = this.#gate.refusal();
    if (refusal !== null) this.giveUp(refusal);
    return refusal === null;
  }

  /** It is under way from here on, until {@link end}: it is given up when the gate closes. */
  begin(): void {
    this.#leave ??= this.#gate.onClosed(() => {
      this.mayLeave();
    });
  }

  /** It was answered, or has failed. */
  end(): void {
    this.#leave?.();
    this.#leave = null;
  }

  giveUp(reason: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }

  /** Its own signal, and that of whoever has made the request. */
  signalWith(other: AbortSignal | null | undefined): AbortSignal {
    return other == null ? this.signal : AbortSignal.any([other, this.signal]);
  }
}
