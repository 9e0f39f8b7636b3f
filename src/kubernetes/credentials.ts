import { readConnectionSettings, type ConnectionSettings } from './connection-settings.js';
import type { KubeConfigLike } from './kube-config.js';

/**
 * How long an answer of the kubeconfig is taken for the present one. A token that was rotated in a
 * file, or by a plugin, is picked up that much later (the client library itself looks at a token
 * file once a minute); a plugin whose answer has no expiry is not run for every renewal.
 */
const FRESH_MS = 10_000;

/**
 * An answer that is older is used once more, while the kubeconfig is asked anew: a candidate that
 * takes the lock after minutes of waiting shall not wait for a plugin first. Beyond this age it is
 * not, which takes a process that has sent nothing for so long: watches are set up anew before.
 */
const USABLE_MS = 600_000;

/**
 * A plugin that has not answered by then is left to itself and asked anew: whatever it waits for may
 * have come back, and a candidate is to lead again soon after.
 */
const PATIENCE_MS = 10_000;

/** The connection settings of one kubeconfig, kept for a short time and read by one caller at once. */
export class Credentials {
  readonly #kubeConfig: KubeConfigLike;
  #settings: ConnectionSettings | null = null;
  #readAtMs = 0;
  #reading: Promise<ConnectionSettings> | null = null;
  #readingSinceMs = 0;
  #willAsk = false;

  constructor(kubeConfig: KubeConfigLike) {
    this.#kubeConfig = kubeConfig;
  }

  /**
   * What is known, or null: then {@link read} them. If that is not fresh any more, the kubeconfig is
   * asked in a moment. Should it not answer, that shows when what is known is refused or too old.
   */
  get known(): ConnectionSettings | null {
    if (this.#settings === null) return null;
    const ageMs = performance.now() - this.#readAtMs;
    if (ageMs >= USABLE_MS) return null;
    if (ageMs >= FRESH_MS) this.#askSoon();
    return this.#settings;
  }

  /**
   * Asks the kubeconfig; who asks at the same time shares the answer.
   *
   * @throws LockError of kind `credentials`
   */
  read(): Promise<ConnectionSettings> {
    const nowMs = performance.now();
    if (this.#reading !== null && nowMs - this.#readingSinceMs < PATIENCE_MS) return this.#reading;
    return this.#begin(nowMs);
  }

  /** The server refused them: ask the kubeconfig again at the next request. */
  invalidate(refused: ConnectionSettings): void {
    if (this.#settings === refused) this.#settings = null;
  }

  /** When what is about to be sent is on its way. */
  #askSoon(): void {
    if (this.#willAsk) return;
    this.#willAsk = true;
    setImmediate(() => {
      this.#willAsk = false;
      // Whoever needs an answer asks by itself, and hears why there is none.
      this.read().catch(() => undefined);
    });
  }

  #begin(nowMs: number): Promise<ConnectionSettings> {
    const reading = readConnectionSettings(this.#kubeConfig).then(
      (settings) => {
        // An answer that was given up on in the meantime is still as fresh as any.
        this.#settings = settings;
        this.#readAtMs = performance.now();
        if (this.#reading === reading) this.#reading = null;
        return settings;
      },
      (error: unknown) => {
        if (this.#reading === reading) this.#reading = null;
        throw error;
      },
    );
    // A caller that has gone away by its deadline must not leave an unhandled rejection.
    reading.catch(() => undefined);
    this.#reading = reading;
    this.#readingSinceMs = nowMs;
    return reading;
  }
}
