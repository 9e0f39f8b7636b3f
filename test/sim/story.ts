import type { CandidateInfo, Fact, Json } from './facts.js';
import type { RuleName } from './verifier/rule.js';
import { Verifier } from './verifier/verifier.js';

const INFO: CandidateInfo = {
  identity: 'a',
  library: 'ours',
  leaseMs: 15_000,
  renewMs: 10_000,
  retryMs: 2000,
  drainMs: 20_000,
  reclaimsOwnIdentity: false,
  usesServerClock: true,
  clockRate: 1,
};

/** A timeline in which every clock shows true time. */
export class Story {
  readonly #verifier = new Verifier();
  #object: Json | null = null;
  #revision = 10;
  #request = 0;
  #t = 0;
  #late: () => this = () => this;

  get broken(): RuleName[] {
    return this.#verifier.violations.map(({ rule }) => rule);
  }

  at(seconds: number): this {
    this.#t = seconds * 1000;
    return this;
  }

  join(who: string, info: Partial<CandidateInfo> = {}): this {
    const { local } = this;
    return this.tell({ kind: 'joined', who, info: { ...INFO, identity: who, ...info }, local });
  }

  /** Shows the lock to the candidate, as a GET does; something may happen while it is under way. */
  look(who: string, meanwhile: () => unknown = () => undefined): this {
    this.#send(who, 'get', null, false);
    meanwhile();
    return this.#answer(who, this.#object === null ? 404 : 200, this.#object ?? ABSENT);
  }

  /** The watch brings the lock as it is, or something older. */
  hear(who: string, object = this.#object, revision = this.#revision): this {
    const { local } = this;
    return this.tell({ kind: 'heard', who, revision, body: object, local });
  }

  get object(): Json | null {
    return this.#object;
  }

  get revision(): number {
    return this.#revision;
  }

  /** A write that is stored and answered at once; its writer may offer its process to be watched. */
  write(who: string, fields: object, leading = false, offer: string | null = null): this {
    const verb = this.#object === null ? 'create' : 'update';
    const body = offering(this.#with(fields), offer);
    this.#send(who, verb, body, leading);
    this.#commit(who, this.#request, body);
    return this.#answer(who, 200, this.#object);
  }

  /** An update that is under way until it {@link arrives}. */
  sends(who: string, fields: object): this {
    const body = this.#with(fields);
    this.#send(who, 'update', body, false);
    const request = this.#request;
    this.#late = () => this.#commit(who, request, body);
    return this;
  }

  /** A creation of what is there already. */
  create(who: string): this {
    const body = { kind: 'Lease', metadata: {}, spec: record(who, `t${this.#t}`) };
    this.#send(who, 'create', body, false);
    return this.#answer(who, 409, null);
  }

  /** A creation that is given up. */
  givesUp(who: string, fields: object): this {
    const body = { kind: 'Lease', metadata: {}, spec: fields };
    this.#send(who, 'create', body, false);
    const request = this.#request;
    this.#late = () => this.#commit(who, request, body);
    return this.#answer(who, 0, null);
  }

  /** What was given up, or is under way, is stored. */
  arrives(): this {
    return this.#late();
  }

  /** An update that is refused. */
  conflict(who: string, holder = who, leading = false): this {
    this.#send(who, 'update', this.#with(record(holder, `t${this.#t}`)), leading);
    return this.#answer(who, 409, null);
  }

  /** A renewal that is under way until it is refused. */
  renews(who: string, fields: object): this {
    return this.#send(who, 'update', this.#with(fields), true);
  }

  refused(who: string): this {
    return this.#answer(who, 409, null);
  }

  /** A write that is stored otherwise than it was sent; its sender may hear of that, or not. */
  altered(who: string, sent: object, stored: object, isAnswered: boolean, leading = true): this {
    this.#send(who, 'update', this.#with(sent), leading);
    this.#commit(who, this.#request, this.#with(stored));
    return isAnswered ? this.#answer(who, 200, this.#object) : this.#answer(who, 0, null);
  }

  claim(who: string): this {
    return this.write(who, record(who, `t${this.#t}`)).begin(who);
  }

  begin(who: string, token = BigInt(this.#revision)): this {
    const { local } = this;
    return this.tell({ kind: 'began', who, token, local }).asked(who, true);
  }

  edit(fields: object | null): this {
    return this.#commit('edit', null, fields === null ? null : this.#with(fields));
  }

  label(): this {
    const metadata = { ...(this.#object?.['metadata'] as Json), labels: { edited: 'yes' } };
    return this.#commit('edit', null, { ...this.#object, metadata });
  }

  asked(who: string, leader: boolean, signalOpen = leader): this {
    const { local } = this;
    const abortDue = signalOpen;
    return this.tell({
      kind: 'asked',
      who,
      leader,
      signalOpen,
      abortDue,
      unresponsive: false,
      local,
    });
  }

  // A fact without its time; `Omit` would lose what tells the kinds of facts apart.
  tell(fact: Fact extends infer F ? (F extends Fact ? Omit<F, 't'> : never) : never): this {
    this.#verifier.observe({ ...fact, t: this.#t });
    return this;
  }

  get local(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#t, wallMs: this.#t };
  }

  #with(fields: object): Json {
    const metadata = { ...(this.#object?.['metadata'] as Json | undefined) };
    return {
      kind: 'Lease',
      metadata: { ...metadata, resourceVersion: String(this.#revision) },
      spec: fields,
    };
  }

  #send(who: string, verb: 'get' | 'create' | 'update', body: Json | null, leading: boolean): this {
    const { local } = this;
    this.#request += 1;
    return this.tell({ kind: 'sent', who, request: this.#request, verb, body, local, leading });
  }

  #answer(who: string, status: number, body: Json | null): this {
    const { local } = this;
    return this.tell({ kind: 'answered', who, request: this.#request, status, body, local });
  }

  #commit(who: string, request: number | null, after: Json | null): this {
    this.#revision += 1;
    const before = this.#object;
    const metadata = {
      ...(after?.['metadata'] as Json | undefined),
      resourceVersion: String(this.#revision),
      managedFields: [{ time: new Date(this.#t).toISOString() }],
    };
    this.#object = after === null ? null : { ...after, metadata };
    return this.tell({
      kind: 'committed',
      who,
      request,
      revision: this.#revision,
      before,
      after: this.#object,
    });
  }
}

function offering(object: Json, offer: string | null): Json {
  if (offer === null) return object;
  const annotations = { 'k8s-leader-election/holder': offer };
  return { ...object, metadata: { ...(object['metadata'] as Json), annotations } };
}

const ABSENT = { kind: 'Status', reason: 'NotFound' };

export function record(holderIdentity: string, acquireTime: string, fields: object = {}): object {
  return {
    holderIdentity,
    leaseDurationSeconds: 15,
    acquireTime,
    renewTime: acquireTime,
    leaseTransitions: 0,
    ...fields,
  };
}

/** A leads since 0 s, and B has known it since 1 s. */
export function leadingA(): Story {
  return new Story().join('a').join('b').at(0).claim('a').at(1).look('b');
}
