import type { Json } from '../facts.js';
import { ForeignCandidate, type ForeignRecord, recordIn } from './foreign.js';

/**
 * How a candidate of the Python client behaves: it counts its own duration and not the record's, by
 * its wall clock; it never releases; it writes the duration as text and times without a zone.
 */
export class PythonCandidate extends ForeignCandidate {
  #observed = '';
  #observedWallMs = -Infinity;

  protected async campaign(): Promise<void> {
    const { retrySeconds, renewSeconds } = this.options.timing;
    const retryMs = retrySeconds * 1000;
    while (!this.stopping && !(await this.#tryAcquireOrRenew())) {
      await this.sleep(retryMs * (1 + 0.2 * this.around.random.next()));
    }
    if (this.stopping) return;
    this.leads(true);
    let renewedMs = this.monotonicMs;
    while (!this.stopping) {
      await this.sleep(retryMs);
      if (await this.#tryAcquireOrRenew()) renewedMs = this.monotonicMs;
      else if (this.monotonicMs - renewedMs > renewSeconds * 1000) break;
    }
    this.leads(false);
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    const { identity, timing } = this.options;
    const wallMs = this.around.process.now().wallMs;
    const now = new Date(wallMs).toISOString().replace('T', ' ').replace('Z', '000');
    const mine: ForeignRecord = {
      holderIdentity: identity,
      leaseDurationSeconds: String(timing.leaseSeconds),
      acquireTime: now,
      renewTime: now,
      transitions: 0,
    };
    const { status, object } = await this.get();
    if (status === 404) return (await this.create(mine)).object !== null;
    if (object === null) return false;
    const found = recordIn(object);
    const text = JSON.stringify(found);
    if (text !== this.#observed) {
      this.#observed = text;
      this.#observedWallMs = wallMs;
    }
    const isOwn = found?.holderIdentity === identity;
    const isLive = this.#observedWallMs + timing.leaseSeconds * 1000 > wallMs;
    if (found !== null && found.holderIdentity !== '' && !isOwn && isLive) return false;
    const kept = isOwn ? { acquireTime: found.acquireTime, transitions: found.transitions } : {};
    return this.#update(object, { ...mine, ...kept });
  }

  async #update(object: Json, record: ForeignRecord): Promise<boolean> {
    return (await this.update(object, record)).object !== null;
  }
}
