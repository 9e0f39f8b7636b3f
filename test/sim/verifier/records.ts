import type { Json } from '../facts.js';

/** What an object says about the election, as Kubernetes clients agree to read it. */
export interface SeenRecord {
  /** The same for two objects exactly when their election records are the same. */
  readonly key: string;
  /** `bare`: the object is there and says nothing. */
  readonly kind: 'bare' | 'unreadable' | 'released' | 'held';
  readonly holder: string;
  /** Null where the record names no usable duration. */
  readonly durationMs: number | null;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
}

const ADMITTED = 'admission.example.com/seen';
const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
/** Where candidates of ours say which process holds the lock. */
const HOLDER = 'k8s-leader-election/holder';
const BARE: SeenRecord = {
  key: 'bare',
  kind: 'bare',
  holder: '',
  durationMs: null,
  acquireTime: '',
  renewTime: '',
  transitions: 0,
};

const known = new WeakMap<Json, SeenRecord>();

export function recordOf(object: Json): SeenRecord {
  let record = known.get(object);
  if (record === undefined) {
    record = object['kind'] === 'ConfigMap' ? ofConfigMap(object) : ofSpec(object['spec']);
    known.set(object, record);
  }
  return record;
}

export function revisionOf(object: Json): number | null {
  const version = (object['metadata'] as Json | undefined)?.['resourceVersion'];
  return typeof version === 'string' ? Number(version) : null;
}

/** Its record was written by whoever has put an offer beside it, to watch the process that holds the lock. */
export function isOffered(object: Json): boolean {
  const { acquireTime, renewTime, transitions, holder } = recordOf(object);
  const { annotations } = (object['metadata'] ?? {}) as { annotations?: Json };
  const write = `${acquireTime} ${renewTime} ${transitions} ${holder}`;
  return parsed(annotations?.[HOLDER])?.['write'] === write;
}

/** Everything that a candidate has no business to change, as text. */
export function foreignContent(object: Json): string {
  const { metadata, spec, ...rest } = object as { metadata: Json; spec?: Json };
  const { annotations, ...meta }: Record<string, unknown> = metadata;
  delete meta['resourceVersion'];
  delete meta['managedFields'];
  meta['labels'] = withoutAdmitted(meta['labels'] as Json | undefined);
  const others = { ...(annotations as Json | undefined) };
  const own = others[ANNOTATION];
  delete others[ANNOTATION];
  delete others[HOLDER];
  const foreignIn = (fields: Json | undefined): unknown =>
    sorted(Object.entries(fields ?? {}).filter(([name]) => !FIELDS.has(name)));
  return JSON.stringify([
    sorted(Object.entries(meta)),
    sorted(Object.entries(others)),
    sorted(Object.entries(rest)),
    foreignIn(spec),
    foreignIn(parsed(own) ?? undefined),
  ]);
}

/** Admission may put a label on whatever is written. */
function withoutAdmitted(labels: Json | undefined): Json | undefined {
  if (labels?.[ADMITTED] === undefined) return labels;
  const others = Object.entries(labels).filter(([name]) => name !== ADMITTED);
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

const FIELDS = new Set([
  'holderIdentity',
  'leaseDurationSeconds',
  'leaseDuration',
  'acquireTime',
  'renewTime',
  'leaseTransitions',
  'leaderTransitions',
]);

function sorted(entries: [string, unknown][]): [string, unknown][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

function ofConfigMap(object: Json): SeenRecord {
  const { annotations } = (object['metadata'] ?? {}) as { annotations?: Json };
  const text = annotations?.[ANNOTATION];
  if (text === undefined || text === '') return BARE;
  const json = parsed(text);
  if (json === null) return { ...BARE, key: JSON.stringify(text), kind: 'unreadable' };
  return ofFields(json, json['leaderTransitions']);
}

function ofSpec(spec: unknown): SeenRecord {
  if (typeof spec !== 'object' || spec === null) return BARE;
  const fields = spec as Json;
  const record = ofFields(fields, fields['leaseTransitions']);
  return record.key === '[null,null,null,null,0]' ? BARE : record;
}

function ofFields(fields: Json, transitions: unknown): SeenRecord {
  const { holderIdentity = null, acquireTime = null, renewTime = null } = fields;
  const duration = fields['leaseDurationSeconds'] ?? fields['leaseDuration'] ?? null;
  // Clients read an absent count of transitions as none.
  const key = JSON.stringify([holderIdentity, duration, acquireTime, renewTime, transitions ?? 0]);
  const texts = [holderIdentity, acquireTime, renewTime];
  const readable =
    texts.every((value) => value === null || typeof value === 'string') &&
    [duration, transitions ?? null].every(
      (value) => value === null || typeof value === 'number' || typeof value === 'string',
    );
  if (!readable) return { ...BARE, key, kind: 'unreadable' };
  const holder = (holderIdentity as string | null) ?? '';
  return {
    key,
    kind: holder === '' ? 'released' : 'held',
    holder,
    durationMs: durationMs(duration as number | string | null),
    acquireTime: (acquireTime as string | null) ?? '',
    renewTime: (renewTime as string | null) ?? '',
    transitions: Number(transitions ?? 0),
  };
}

function durationMs(value: number | string | null): number | null {
  if (value === null) return null;
  const text =
    typeof value === 'number' ? value : Number(/^PT([\d.]+)S$/.exec(value)?.[1] ?? value);
  return Number.isFinite(text) && text > 0 ? text * 1000 : null;
}

function parsed(text: unknown): Json | null {
  if (typeof text !== 'string') return null;
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Json)
      : null;
  } catch {
    return null;
  }
}
