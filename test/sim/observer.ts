import type { Fact } from './facts.js';
import type { Fleet, Slot } from './fleet.js';
import type { World } from './world/world.js';

/** How far before and after a deadline everybody is asked, in ms. */
const BESIDE_DEADLINE_MS = 0.05;

/**
 * Asks every candidate, after everything that happens and just before and after each deadline,
 * whether it leads: that is, what its process would be told if it ran at that moment. A candidate
 * that is stopped cannot ask; its leadership lasts all the same for as long as the answer would be
 * yes. Nobody hears the question.
 */
export class Observer {
  readonly #world: World;
  readonly #fleet: Fleet;
  readonly #silent = new WeakSet<object>();
  readonly #sentAt = new Map<number, { readonly slot: Slot; readonly monotonicMs: number }>();

  constructor(world: World, fleet: Fleet) {
    this.#world = world;
    this.#fleet = fleet;
  }

  askAll(): void {
    for (const slot of this.#fleet.slots) {
      const { ours, process } = slot;
      if (ours === null || process === null || process.dead || ours.who === '') continue;
      const { leader, signalOpen, abortDue } = ours.ask();
      const silent = !leader && !signalOpen && !abortDue;
      if (silent && this.#silent.has(ours)) continue;
      if (silent) this.#silent.add(ours);
      else this.#silent.delete(ours);
      this.#world.record({
        kind: 'asked',
        t: this.#world.now,
        who: ours.who,
        leader,
        signalOpen,
        abortDue,
        unresponsive: process.unresponsive,
        local: process.now(),
      });
    }
  }

  observe(fact: Fact): void {
    if (fact.kind === 'sent' && fact.body !== null) {
      const slot = this.#fleet.slots.find(({ candidate }) => candidate?.who === fact.who);
      if (slot?.ours != null) {
        this.#sentAt.set(fact.request, { slot, monotonicMs: fact.local.monotonicMs });
      }
    } else if (fact.kind === 'committed' && fact.request !== null)
      this.#askAtDeadline(fact.request);
    else if (fact.kind === 'answered' && fact.status >= 400) this.#sentAt.delete(fact.request);
  }

  /** By when its sender must have stopped leading on the strength of this write alone. */
  #askAtDeadline(request: number): void {
    const sent = this.#sentAt.get(request);
    if (sent === undefined) return;
    this.#sentAt.delete(request);
    const { host, plan } = sent.slot;
    const deadline = host.trueTimeOf(sent.monotonicMs + plan.timing.renewSeconds * 1000);
    for (const t of [deadline - BESIDE_DEADLINE_MS, deadline + BESIDE_DEADLINE_MS]) {
      this.#world.at(t, () => {
        this.#world.notice();
      });
    }
  }
}
