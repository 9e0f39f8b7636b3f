import { readConnectionSettings, type ConnectionSettings } from './connection-settings.js';
import type { KubeConfigLike } from './kube-config-like.js';
import { readsToken, UserCredentials } from './user-credentials.js';

/**
 * How long an answer of the kubeconfig is taken for the present one. A token or certificate that was
 * rotated in a file is picked up that much later, or when the server refuses the one before.
 */
const FRESH_MS = 10_000;

/**
 * An answer that is older is used once more, while the kubeconfig is asked anew: a candidate that
 * takes the lock after minutes of waiting shall not wait for a plugin first. Beyond this age it is
 * not, which takes a process that has sent nothing for so long: watches are set up anew before.
 */
const USABLE_MS = 600_000;

/**
 * Where the token is in a file, which is read in no time: beyond this age its text is used only if
 * the file cannot be read. The kubelet writes a new one when there is a fifth of its life left.
 */
const USABLE_FROM_FILE_MS = 60_000;

/**
 * What has not answered by then is left to itself and asked anew: whatever it waits for may have come
 * back, and a candidate is to lead again soon after. A plugin is joined, and ended at its own limit.
 */
const PATIENCE_MS = 10_000;

/** The connection settings of one kubeconfig, kept for a short time and read by one caller at once. */
export class Credentials {
  readonly #kubeConfig: KubeConfigLike;
  readonly #user = new UserCredentials();
  #settings: ConnectionSettings | null = null;
  #readAtMs = 0;
  #reading: Promise<ConnectionSettings> | null = null;
  /** How often what was known has been refused. */
  #refusals = 0;
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
    const ageMs = performance.now() - this.#readAtMs;
    if (ageMs >= FRESH_MS && this.#usable !== null) {
      if (ageMs >= USABLE_FROM_FILE_MS && readsToken(this.#kubeConfig.getCurrentUser()))
        return null;
      this.#askSoon();
    }
    return this.#usable;
  }

  /** What is known, and nothing is asked: for a process that ends. */
  get last(): ConnectionSettings | null {
    return this.#usable;
  }

  get #usable(): ConnectionSettings | null {
    return performance.now() - this.#readAtMs < USABLE_MS ? this.#settings : null;
  }

  /**
   * Asks the kubeconfig; who asks at the same time shares the answer. If it fails, what was known
   * before does, unless it was refused or is too old.
   *
   * @throws LockError of kind `credentials`
   */
  read(): Promise<ConnectionSettings> {
    const nowMs = performance.now();
    if (this.#reading !== null && nowMs - this.#readingSinceMs < PATIENCE_MS) return this.#reading;
    return this.#begin(nowMs);
  }

  /** The server refused them: ask the plugin, or read the file, anew at the next request. */
  invalidate(refused: ConnectionSettings): void {
    if (this.#settings !== refused) return;
    this.#settings = null;
    // What is being read now may be what was refused.
    this.#reading = null;
    this.#refusals += 1;
    this.#user.forget();
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
    const refusals = this.#refusals;
    const reading = readConnectionSettings(this.#kubeConfig, this.#user).then(
      (settings) => {
        if (this.#reading === reading) this.#reading = null;
        if (this.#refusals !== refusals) return settings;
        // An answer that was given up on in the meantime is still as fresh as any.
        this.#settings = settings;
        this.#readAtMs = performance.now();
        return settings;
      },
      (error: unknown) => {
        if (this.#reading === reading) this.#reading = null;
        const usable = this.#refusals === refusals ? this.#usable : null;
        if (usable !== null) return usable;
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

/** Whether the server may answer otherwise to the second. */
export function haveChanged(before: ConnectionSettings, now: ConnectionSettings): boolean {
  return (
    before.agentKey !== now.agentKey ||
    JSON.stringify(before.headers) !== JSON.stringify(now.headers)
  );
}
