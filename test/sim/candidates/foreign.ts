import type { ApiTransport } from '../../../src/kubernetes/api-client.js';
import type { Json } from '../facts.js';
import type { Link } from '../world/link.js';
import type { Network } from '../world/network.js';
import type { SimProcess } from '../world/process.js';
import type { Random } from '../world/random.js';
import type { World } from '../world/world.js';
import type { Timing } from './ours.js';
import { ANNOTATION, LOCK_NAME, type LockKind, collectionOf, pathOf } from './simulated-lock.js';

/** An election record as any client writes it. */
export interface ForeignRecord {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number | string;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
}

export interface ForeignOptions {
  readonly library: 'client-go' | 'python';
  readonly identity: string;
  readonly lockKind: LockKind;
  readonly timing: Timing;
}

export interface ForeignSurroundings {
  readonly world: World;
  readonly network: Network;
  readonly process: SimProcess;
  readonly link: Link;
  readonly random: Random;
}

/** What models of other libraries' candidates have in common: raw requests, and how they are logged. */
export abstract class ForeignCandidate {
  who = '';
  running = false;
  isLeading = false;
  protected stopping = false;
  protected readonly options: ForeignOptions;
  protected readonly around: ForeignSurroundings;
  readonly #client: ApiTransport;

  constructor(options: ForeignOptions, around: ForeignSurroundings) {
    this.options = options;
    this.around = around;
    const caller = {
      process: around.process,
      link: around.link,
      who: () => this.who,
      leads: () => false,
    };
    this.#client = around.network.client(caller, new Set());
  }

  run(who: string, onEnd: () => void): void {
    const { world, process } = this.around;
    const { identity, library, timing } = this.options;
    this.who = who;
    this.running = true;
    this.stopping = false;
    const info = {
      identity,
      library,
      leaseMs: timing.leaseSeconds * 1000,
      renewMs: timing.renewSeconds * 1000,
      retryMs: timing.retrySeconds * 1000,
      drainMs: 0,
      reclaimsOwnIdentity: false,
      usesServerClock: false,
      clockRate: process.host.rate,
    };
    world.record({ kind: 'joined', t: world.now, who, info, local: process.now() });
    void this.campaign().then(() => {
      this.running = false;
      onEnd();
    });
  }

  stop(): void {
    this.stopping = true;
  }

  protected abstract campaign(): Promise<void>;

  protected leads(leads: boolean): void {
    const { world } = this.around;
    this.isLeading = leads;
    world.record({ kind: 'foreignLeads', t: world.now, who: this.who, leads });
  }

  protected sleep(ms: number): Promise<void> {
    return this.around.process.sleep(ms);
  }

  protected get monotonicMs(): number {
    return this.around.process.now().monotonicMs;
  }

  protected get(): Promise<Answer> {
    return this.#send('GET', pathOf(this.options.lockKind), undefined);
  }

  protected create(record: ForeignRecord): Promise<Answer> {
    const { lockKind } = this.options;
    const blank = { kind: lockKind, metadata: { name: LOCK_NAME, namespace: 'default' } };
    return this.#send('POST', collectionOf(lockKind), withRecord(blank, record));
  }

  /** Conditional on the version that the object was read with. */
  protected update(object: Json, record: ForeignRecord): Promise<Answer> {
    return this.#send('PUT', pathOf(this.options.lockKind), withRecord(object, record));
  }

  async #send(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body: Json | undefined,
  ): Promise<Answer> {
    try {
      const { status, json } = await this.#client.request({
        method,
        path,
        body,
        timeoutMs: 10_000,
      });
      return { status, object: status < 300 ? (json as Json) : null };
    } catch {
      return { status: 0, object: null };
    }
  }
}

export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly object: Json | null;
}

function withRecord(object: Json, record: ForeignRecord): Json {
  const { transitions, ...fields } = record;
  if (object['kind'] === 'Lease') {
    return { ...object, spec: { ...fields, leaseTransitions: transitions } };
  }
  const metadata = object['metadata'] as Json;
  const text = JSON.stringify({ ...fields, leaderTransitions: transitions });
  const annotations = { ...(metadata['annotations'] as Json | undefined), [ANNOTATION]: text };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** Null: there is none, or it cannot be read. */
export function recordIn(object: Json): ForeignRecord | null {
  if (object['kind'] === 'Lease') return fromFields(object['spec'] as Json, 'leaseTransitions');
  const { annotations } = object['metadata'] as { annotations?: Record<string, string> };
  try {
    const fields: unknown = JSON.parse(annotations?.[ANNOTATION] ?? 'null');
    return typeof fields === 'object' && fields !== null
      ? fromFields(fields as Json, 'leaderTransitions')
      : null;
  } catch {
    return null;
  }
}

function fromFields(fields: Json, transitions: string): ForeignRecord | null {
  if (Object.keys(fields).length === 0) return null;
  return {
    holderIdentity: textOr(fields['holderIdentity'], ''),
    leaseDurationSeconds: Number(fields['leaseDurationSeconds'] ?? 0),
    acquireTime: textOr(fields['acquireTime'], ''),
    renewTime: textOr(fields['renewTime'], ''),
    transitions: Number(fields[transitions] ?? 0),
  };
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
