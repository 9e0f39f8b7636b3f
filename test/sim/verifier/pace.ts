import type { Fact } from '../facts.js';
import type { Request } from './ledger.js';
import { RuleGroup } from './rule.js';

/** So many requests of one candidate, in so many milliseconds of its own clock, are a storm. */
const TOO_MANY = 12;
const WITHIN_MS = 500;

interface Pace {
  /** When it has sent its latest requests, oldest first. */
  readonly sent: number[];
  /** A claim that conflicted, while nothing was learnt of what stands in the lock instead. */
  refused: Request | null;
}

/** The API server is not pestered: a candidate looks before it repeats a claim, and pauses. */
export class PaceRules extends RuleGroup {
  readonly #paces = new Map<string, Pace>();

  after(fact: Fact): void {
    if (fact.kind === 'joined' && fact.info.library === 'ours') {
      this.#paces.set(fact.who, { sent: [], refused: null });
    }
    const pace = 'who' in fact ? this.#paces.get(fact.who) : undefined;
    if (pace === undefined) return;
    switch (fact.kind) {
      case 'sent':
        this.#checkStorm(fact, pace);
        this.#checkRepetition(fact, pace);
        break;
      case 'answered':
        this.#note(fact, pace);
        break;
      case 'heard':
        if (fact.revision > (pace.refused?.revision ?? 0)) pace.refused = null;
        break;
      case 'ended':
      case 'crashed':
        this.#paces.delete(fact.who);
        break;
      default:
    }
  }

  #checkStorm({ who, t, local }: Fact & { kind: 'sent' }, { sent }: Pace): void {
    sent.push(local.monotonicMs);
    if (sent.length <= TOO_MANY) return;
    const ms = local.monotonicMs - (sent.shift() ?? -Infinity);
    if (ms > WITHIN_MS) return;
    const what = `${who} has sent ${TOO_MANY + 1} requests in ${ms.toFixed(0)} ms`;
    this.report('request-storm', t, what);
  }

  #note({ request: id, status }: Fact & { kind: 'answered' }, pace: Pace): void {
    const request = this.ledger.request(id);
    if (request === null) return;
    if (request.verb === 'get') pace.refused = null;
    else if (status === 409 && isClaim(request)) pace.refused = request;
  }

  #checkRepetition({ who, t, request: id }: Fact & { kind: 'sent' }, { refused }: Pace): void {
    const request = this.ledger.request(id);
    if (refused === null || request === null || !isClaim(request)) return;
    if (request.verb !== refused.verb || request.condition !== refused.condition) return;
    const what = `${who} sends #${id} on the same condition as #${refused.id}, which conflicted`;
    this.report('refused-claim-repeated', t, what);
  }
}

/** What its sender leads by is renewed, not claimed. */
function isClaim({ leading, record }: Request): boolean {
  return !leading && record?.kind === 'held';
}
