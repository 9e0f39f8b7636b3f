import type { Fact } from '../facts.js';
import { type Commit, type Ledger, firstOf } from './ledger.js';
import type { Rules } from './rule.js';

/** By what a term of ours became possible. */
export type TakeoverKind =
  /** The holder before had emptied the record. */
  | 'release'
  /** A record that a candidate, of whatever library, had written ran out. */
  | 'expiry'
  /** Its holder had died, and its lease had not run out. */
  | 'death'
  /** A record that an edit had written, emptied or spoilt was taken. */
  | 'edit'
  /** There was no object, or no record in it. */
  | 'absence'
  /** A record in the candidate's own name was taken back at once. */
  | 'reclaim';

/** Counts how terms came about, so that a run shows what it has exercised. */
export class Takeovers implements Rules {
  readonly counts: Record<TakeoverKind, number> = {
    release: 0,
    expiry: 0,
    death: 0,
    edit: 0,
    absence: 0,
    reclaim: 0,
  };
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  after(fact: Fact): void {
    if (fact.kind !== 'began') return;
    const candidate = this.#ledger.get(fact.who);
    const won = candidate === null ? undefined : firstOf(candidate);
    if (won !== undefined) this.counts[this.#kindOf(won)] += 1;
  }

  #kindOf(won: Commit): TakeoverKind {
    const before = this.#recordBefore(won);
    if (before?.record == null || before.record.kind === 'bare') return 'absence';
    if (before.author === null && !before.byForeigner) return 'edit';
    if (before.record.kind === 'released') return 'release';
    const own = won.author?.info;
    if (own?.reclaimsOwnIdentity === true && own.identity === before.record.holder)
      return 'reclaim';
    const { sight = null, local } = won.request ?? {};
    const waited = (local?.monotonicMs ?? Infinity) - (sight?.sinceMs ?? 0);
    const lease = before.record.durationMs ?? own?.leaseMs ?? 0;
    const isOfTheDead = this.#ledger.isOfTheDead(before.record, won.request?.t ?? -Infinity);
    return own?.heedsPods === true && isOfTheDead && waited < lease ? 'death' : 'expiry';
  }

  /** What put the record there that this commit replaced. */
  #recordBefore({ revision }: Commit): Commit | undefined {
    const { commits } = this.#ledger;
    for (let i = commits.length - 1; i >= 0; i--) {
      const commit = commits[i];
      if (commit !== undefined && commit.revision < revision && commit.changesRecord) return commit;
    }
    return undefined;
  }
}
