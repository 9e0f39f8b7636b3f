import { readConnectionSettings, type ConnectionSettings } from './connection-settings.js';
import type { KubeConfigLike } from './kube-config.js';

/**
 * How long an answer of the kubeconfig is used. A token that was rotated in a file, or by a
 * plugin, is picked up that much later (the client library itself looks at a token file once a
 * minute); a plugin whose answer has no expiry is not run for every renewal.
 */
const FRESH_MS = 10_000;

/** A plugin that has not answered by then is left to itself and asked anew. */
const PATIENCE_MS = 60_000;

/** The connection settings of one kubeconfig, kept for a short time and read by one caller at once. */
export class Credentials {
  readonly #kubeConfig: KubeConfigLike;
  #settings: ConnectionSettings | null = null;
  #readAtMs = 0;
  #reading: Promise<ConnectionSettings> | null = null;
  #readingSinceMs = 0;

  constructor(kubeConfig: KubeConfigLike) {
    this.#kubeConfig = kubeConfig;
  }

  /** What was read a short time ago, or null: then {@link read} them. */
  get fresh(): ConnectionSettings | null {
    return performance.now() - this.#readAtMs < FRESH_MS ? this.#settings : null;
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
