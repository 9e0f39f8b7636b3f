import { type Fact, type Json, describe } from './facts.js';

const KEPT = 120;

/** The last facts, for people; and a hash over all of them, to tell whether two runs are the same. */
export class Timeline {
  readonly #last: Fact[] = [];
  readonly #answers = new Map<string, number>();
  readonly #all = new Hash();
  readonly #happened = new Hash();
  #quiet = false;

  add(fact: Fact): void {
    if (fact.kind === 'asked') {
      const answer = answerOf(fact);
      if (this.#answers.get(fact.who) === answer) return;
      this.#answers.set(fact.who, answer);
    }
    this.#quiet ||= fact.kind === 'quiet';
    digest(fact, this.#all);
    if (fact.kind !== 'asked' && !this.#quiet) digest(fact, this.#happened);
    this.#last.push(fact);
    if (this.#last.length > 2 * KEPT) this.#last.splice(0, KEPT);
  }

  lines(): string[] {
    return this.#last.slice(-KEPT).map(describe);
  }

  /** Over everything. */
  get hash(): string {
    return this.#all.text;
  }

  /** Over what happened before all was quiet, without the answers to what the simulation asked. */
  get hashOfEvents(): string {
    return this.#happened.text;
  }
}

class Hash {
  #low = 0x811c9dc5;
  #high = 0x9747b28c;

  addNumber(value: number): void {
    DOUBLE[0] = value;
    this.#mix(HALVES[0] ?? 0);
    this.#mix(HALVES[1] ?? 0);
  }

  addText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
  }

  #mix(code: number): void {
    this.#low = Math.imul(this.#low ^ code, 0x01000193);
    this.#high = (Math.imul(this.#high ^ code, 0x5bd1e995) + this.#low) | 0;
  }

  get text(): string {
    return [this.#high, this.#low].map((n) => (n >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

const DOUBLE = new Float64Array(1);
const HALVES = new Int32Array(DOUBLE.buffer);

function recordText(object: Json): string {
  const { metadata, spec } = object as { metadata: { annotations?: Json }; spec?: Json };
  return JSON.stringify(spec ?? metadata.annotations ?? null);
}

/** Enough of a fact to tell it from another at the same time. */
function digest(fact: Fact, hash: Hash): void {
  hash.addNumber(fact.t);
  hash.addText(fact.kind);
  if ('who' in fact) hash.addText(fact.who);
  switch (fact.kind) {
    case 'sent':
      hash.addNumber(fact.request);
      hash.addText(fact.verb);
      hash.addNumber(fact.local.monotonicMs);
      hash.addNumber(fact.local.wallMs);
      break;
    case 'answered':
      hash.addNumber(fact.request);
      hash.addNumber(fact.status);
      break;
    case 'heard':
      hash.addNumber(fact.revision);
      hash.addNumber(fact.local.monotonicMs);
      break;
    case 'gaveUp':
      hash.addNumber(fact.request);
      break;
    case 'committed':
      hash.addNumber(fact.request ?? 0);
      hash.addNumber(fact.revision);
      if (fact.after !== null) hash.addText(recordText(fact.after));
      break;
    case 'asked':
      hash.addNumber(answerOf(fact));
      break;
    case 'began':
      hash.addText(String(fact.token));
      break;
    case 'joined':
      hash.addText(fact.info.identity);
      hash.addNumber(fact.info.clockRate);
      break;
    default:
      hash.addText(JSON.stringify(fact));
  }
}

function answerOf({ leader, signalOpen, abortDue, unresponsive }: Asked): number {
  return +leader | (+signalOpen << 1) | (+abortDue << 2) | (+unresponsive << 3);
}

type Asked = Fact & { readonly kind: 'asked' };
