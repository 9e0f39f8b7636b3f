import type { Json } from '../facts.js';
import { ForeignCandidate, type ForeignRecord, recordIn } from './foreign.js';

/**
 * How a candidate of client-go behaves: it polls, counts its renew deadline anew in each round of
 * renewals, renews without a GET as long as it can, and lets go of what it believes to hold.
 */
export class ClientGoCandidate extends ForeignCandidate {
  #observed: ForeignRecord | null = null;
  #observedObject: Json | null = null;
  #observedMs = -Infinity;

  protected async campaign(): Promise<void> {
    const { retrySeconds } = this.options.timing;
    const retryMs = retrySeconds * 1000;
    while (!this.stopping) {
      if (await this.#tryAcquireOrRenew()) break;
      await this.sleep(retryMs * (1 + 1.2 * this.around.random.next()));
    }
    if (this.stopping) return;
    this.leads(true);
    while (!this.stopping && (await this.#renew(retryMs))) await this.sleep(retryMs);
    this.leads(false);
    await this.#release();
  }

  async #renew(retryMs: number): Promise<boolean> {
    const untilMs = this.monotonicMs + this.options.timing.renewSeconds * 1000;
    const timeUp = this.sleep(untilMs - this.monotonicMs).then(() => false);
    for (;;) {
      if (await Promise.race([this.#tryAcquireOrRenew(), timeUp])) return true;
      if (this.monotonicMs >= untilMs || this.stopping) return false;
      await this.sleep(Math.min(retryMs, untilMs - this.monotonicMs));
    }
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    const mine = this.#record();
    if (this.#leadsByObservation && this.#leaseIsValid && this.#observedObject !== null) {
      const kept = this.#observed;
      const renewed = {
        ...mine,
        ...(kept && { acquireTime: kept.acquireTime, transitions: kept.transitions }),
      };
      if (await this.#write(this.#observedObject, renewed)) return true;
    }
    const { status, object } = await this.get();
    if (status === 404) return this.#create(mine);
    if (object === null) return false;
    const found = recordIn(object);
    if (JSON.stringify(found) !== JSON.stringify(this.#observed)) this.#observe(found, object);
    this.#observedObject = object;
    const isHeld = found !== null && found.holderIdentity !== '';
    if (isHeld && this.#leaseIsValid && !this.#leadsByObservation) return false;
    const next = this.#leadsByObservation
      ? {
          ...mine,
          acquireTime: found?.acquireTime ?? mine.acquireTime,
          transitions: found?.transitions ?? 0,
        }
      : { ...mine, transitions: (found?.transitions ?? 0) + 1 };
    return this.#write(object, next);
  }

  async #create(record: ForeignRecord): Promise<boolean> {
    const { object } = await this.create(record);
    if (object !== null) this.#observe(record, object);
    return object !== null;
  }

  async #write(base: Json, record: ForeignRecord): Promise<boolean> {
    const { object } = await this.update(base, record);
    if (object !== null) this.#observe(record, object);
    return object !== null;
  }

  /** It reads the lock for its version, and asks its memory who holds it. */
  async #release(): Promise<void> {
    const { object } = await this.get();
    const held = this.#observed;
    if (object === null || held === null || !this.#leadsByObservation) return;
    const now = this.#record().renewTime;
    await this.update(object, {
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
      transitions: held.transitions,
    });
  }

  #observe(record: ForeignRecord | null, object: Json): void {
    this.#observed = record;
    this.#observedObject = object;
    this.#observedMs = this.monotonicMs;
  }

  get #leadsByObservation(): boolean {
    return this.#observed?.holderIdentity === this.options.identity;
  }

  get #leaseIsValid(): boolean {
    const seconds = Number(this.#observed?.leaseDurationSeconds ?? 0);
    return this.#observedMs + seconds * 1000 > this.monotonicMs;
  }

  #record(): ForeignRecord {
    const now = new Date(this.around.process.now().wallMs).toISOString().replace('Z', '000Z');
    return {
      holderIdentity: this.options.identity,
      leaseDurationSeconds: this.options.timing.leaseSeconds,
      acquireTime: now,
      renewTime: now,
      transitions: 0,
    };
  }
}
