import { ANNOTATION, LOCK_NAME, type LockKind, pathOf } from '../candidates/simulated-lock.js';
import type { Json } from '../facts.js';
import type { Random } from '../world/random.js';
import type { SimServer } from '../world/server.js';

const STEP_DOWN = 'k8s-leader-election/step-down';
const BY_HAND = { who: 'edit', request: null };

type Fields = Record<string, unknown>;

/** People and programs that write to the lock's object without being candidates. */
export class ManualEdits {
  readonly #server: SimServer;
  readonly #random: Random;
  readonly #kind: LockKind;
  readonly #leaseSeconds: readonly number[];
  readonly #past: Fields[] = [];

  /** @param leaseSeconds what edits may write as the duration of a lease */
  constructor(server: SimServer, random: Random, kind: LockKind, leaseSeconds: readonly number[]) {
    this.#server = server;
    this.#leaseSeconds = leaseSeconds;
    this.#random = random;
    this.#kind = kind;
  }

  delete(): void {
    this.#server.handle({ method: 'DELETE', path: pathOf(this.#kind), body: '' }, BY_HAND);
  }

  /** What has nothing to do with the election: labels, annotations, owners, data. */
  editForeignContent(): void {
    const random = this.#random;
    this.#change((object) => {
      const { metadata } = object as { metadata: Json };
      const text = String(random.int(0, 999_999));
      const { labels, annotations } = metadata as { labels?: Json; annotations?: Json };
      const edited = random.pick([
        { labels: { ...labels, edited: text } },
        { annotations: { ...annotations, 'example.com/edited': text } },
        { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: LOCK_NAME, uid: text }] },
      ]);
      const data = this.#kind === 'ConfigMap' && random.chance(0.3) ? { data: { key: text } } : {};
      return { ...object, ...data, metadata: { ...metadata, ...edited } };
    });
  }

  /** Another holder, with the same duration or another. */
  writeOver(holder: string): void {
    const random = this.#random;
    this.#edit((fields) => ({
      ...fields,
      holderIdentity: holder,
      ...(random.chance(0.4) ? { leaseDurationSeconds: random.pick(this.#leaseSeconds) } : {}),
      renewTime: someTime(random),
    }));
  }

  /** Asks the holder to hand over, by an annotation that names its term. */
  askToStepDown(): void {
    this.#change((object) => {
      const fields = this.#fields(object);
      const { acquireTime, holderIdentity } = fields ?? {};
      const term = [acquireTime, holderIdentity].map(String).join(' ');
      return annotated(object, term, STEP_DOWN);
    });
  }

  clear(): void {
    this.#edit((fields) => ({ ...fields, holderIdentity: '' }));
  }

  strip(): void {
    if (this.#kind === 'Lease') this.#change((object) => ({ ...object, spec: {} }));
    else this.#annotate(undefined);
  }

  malform(): void {
    const random = this.#random;
    if (this.#kind === 'Lease') {
      // The server sees to it that fields of a Lease have their types; they may be absent.
      const gone = random.pick(['leaseDurationSeconds', 'renewTime', 'leaseTransitions']);
      this.#edit((fields) => {
        const rest = { ...fields };
        delete rest[gone];
        return rest;
      });
      return;
    }
    const text = random.pick([
      'not json',
      '[]',
      '"text"',
      '{"holderIdentity":7,"leaseDurationSeconds":15}',
      '{"holderIdentity":"x","leaseDurationSeconds":{}}',
      '{"holderIdentity":"x","leaseDurationSeconds":"soon","renewTime":"yesterday"}',
      '{"holderIdentity":"x","leaseDurationSeconds":-5}',
    ]);
    this.#annotate(`${text}${' '.repeat(random.int(0, 3))}`);
  }

  removeAcquireTime(): void {
    this.#edit((fields) => {
      const rest = { ...fields };
      delete rest['acquireTime'];
      if (this.#random.chance(0.3)) delete rest['renewTime'];
      return rest;
    });
  }

  /** Puts a record back that stood there before. */
  rollBack(): void {
    const past = this.#past.length === 0 ? null : this.#random.pick(this.#past);
    if (past !== null) this.#edit(() => past);
  }

  /** Remembers the present record. */
  remember(): void {
    const object = this.#server.read(pathOf(this.#kind));
    const fields = object === null ? null : this.#fields(object);
    if (fields === null || Object.keys(fields).length === 0) return;
    this.#past.push(fields);
    if (this.#past.length > 5) this.#past.shift();
  }

  #edit(edit: (fields: Fields) => Fields): void {
    this.#change((object) => {
      const fields = this.#fields(object);
      if (fields === null) return null;
      const edited = edit(fields);
      return this.#kind === 'Lease'
        ? { ...object, spec: edited }
        : annotated(object, JSON.stringify(edited));
    });
  }

  #annotate(text: string | undefined): void {
    this.#change((object) => annotated(object, text));
  }

  #change(change: (object: Json) => Json | null): void {
    const path = pathOf(this.#kind);
    const object = this.#server.read(path);
    const changed = object === null ? null : change(object);
    if (changed === null) return;
    this.#server.handle({ method: 'PUT', path, body: JSON.stringify(changed) }, BY_HAND);
  }

  #fields(object: Json): Fields | null {
    if (this.#kind === 'Lease') return { ...(object['spec'] as Fields) };
    const { annotations } = object['metadata'] as { annotations?: Record<string, string> };
    try {
      const fields: unknown = JSON.parse(annotations?.[ANNOTATION] ?? '{}');
      return typeof fields === 'object' && !Array.isArray(fields) ? (fields as Fields) : null;
    } catch {
      return null;
    }
  }
}

function annotated(object: Json, text: string | undefined, name = ANNOTATION): Json {
  const { metadata } = object as { metadata: Json & { annotations?: Json } };
  const annotations = { ...metadata.annotations, [name]: text };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** A time that means nothing: long ago, just now, or in years to come. */
function someTime(random: Random): string {
  const year = random.pick(['1999', '2026', '2099']);
  const micros = String(random.int(0, 999_999)).padStart(6, '0');
  return `${year}-01-01T00:00:00.${micros}Z`;
}
