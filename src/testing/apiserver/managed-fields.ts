import {
  type KubernetesObject,
  type ManagedFieldsEntry,
  deepEqual,
  isJsonObject,
} from './objects.js';
import { type FieldSchema, type ListSchema, type StructSchema, zeroOf } from './schema.js';

/**
 * `metadata.managedFields`: which client set which field, and when the API server stored it. Every
 * write takes over the fields that it changes, and dates its entry with the server's clock.
 */
export interface Write {
  readonly schema: StructSchema;
  readonly apiVersion: string;
  readonly manager: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/** Fields by path. A path's parts are those of FieldsV1: `f:name`, `v:value`, `k:{key}` or `.`. */
type Fields = Map<string, { readonly path: readonly string[]; readonly value: unknown }>;

const NEVER_OWNED = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
]);

/** The new object's `managedFields`, after this write of it over `live`. */
export function managedFieldsAfter(
  object: KubernetesObject,
  live: KubernetesObject | null,
  write: Write,
): ManagedFieldsEntry[] | undefined {
  const given = object.metadata.managedFields;
  const reset = given !== undefined && (given.length === 0 || deepEqual(given, [{}]));
  const before = reset ? [] : given?.some(isUsable) ? given : (live?.metadata.managedFields ?? []);
  // Fields of an object that has no owners yet are not tracked, unless it is being created.
  if (before.length === 0 && live !== null) return undefined;

  const oldFields = fieldsOf(write.schema, live);
  const newFields = fieldsOf(write.schema, object);
  const changed = [...newFields.keys()].filter(
    (key) =>
      !oldFields.has(key) || !deepEqual(oldFields.get(key)?.value, newFields.get(key)?.value),
  );
  const gone = [...oldFields.keys()].filter((key) => !newFields.has(key));

  const owned = before.map((entry) => ({ entry, paths: readFieldsV1(entry.fieldsV1) }));
  for (const { paths } of owned) {
    for (const key of [...changed, ...gone]) paths.delete(key);
  }
  if (changed.length > 0) {
    const mine = owned.find(({ entry }) => isOf(entry, write)) ?? addEntry(owned, write);
    mine.entry = { ...mine.entry, time: write.time };
    for (const key of changed) mine.paths.set(key, newFields.get(key)?.path ?? []);
  }
  const entries = owned
    .filter(({ paths }) => paths.size > 0)
    .map(({ entry, paths }) => ({ ...entry, fieldsV1: writeFieldsV1(paths) }));
  return entries.length === 0 ? undefined : entries.sort(byTime);
}

function isUsable(entry: ManagedFieldsEntry): boolean {
  return entry.operation === 'Update' || entry.operation === 'Apply';
}

function isOf(entry: ManagedFieldsEntry, write: Write): boolean {
  return (
    entry.manager === write.manager &&
    entry.operation === 'Update' &&
    entry.apiVersion === write.apiVersion &&
    (entry.subresource ?? '') === ''
  );
}

interface Owned {
  entry: ManagedFieldsEntry;
  readonly paths: Map<string, readonly string[]>;
}

function addEntry(owned: Owned[], write: Write): Owned {
  const { manager, apiVersion, time } = write;
  const added: Owned = {
    entry: { manager, operation: 'Update', apiVersion, time, fieldsType: 'FieldsV1' },
    paths: new Map(),
  };
  owned.push(added);
  return added;
}

function byTime(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  const order = ({ operation = '', time = '', manager = '' }: ManagedFieldsEntry): string =>
    [operation, time, manager].join('\0');
  return order(a) < order(b) ? -1 : 1;
}

function fieldsOf(schema: StructSchema, object: KubernetesObject | null): Fields {
  const fields: Fields = new Map();
  if (object !== null) collect(schema, object, [], '', fields);
  return fields;
}

function add(fields: Fields, path: readonly string[], value: unknown): void {
  fields.set(JSON.stringify(path), { path, value });
}

function collect(
  schema: FieldSchema,
  value: unknown,
  path: readonly string[],
  name: string,
  fields: Fields,
): void {
  if (schema.type === 'struct' && schema.atomic !== true && isJsonObject(value)) {
    for (const [key, field] of Object.entries(schema.fields)) {
      const child = name === '' ? key : `${name}.${key}`;
      // A field that is always written, such as `eventTime: null`, is nobody's until it is set.
      const isSet = field.written !== 'always' || !deepEqual(value[key], zeroOf(field.schema));
      if (value[key] !== undefined && isSet && !NEVER_OWNED.has(child)) {
        collect(field.schema, value[key], [...path, `f:${key}`], child, fields);
      }
    }
  } else if (schema.type === 'map' && isJsonObject(value)) {
    add(fields, [...path, '.'], null);
    for (const [key, entry] of Object.entries(value)) add(fields, [...path, `f:${key}`], entry);
  } else if (schema.type === 'list' && schema.identity !== undefined && Array.isArray(value)) {
    add(fields, [...path, '.'], null);
    for (const item of value) add(fields, [...path, itemKey(schema.identity, item)], item);
  } else {
    add(fields, path, value);
  }
}

function itemKey(identity: NonNullable<ListSchema['identity']>, item: unknown): string {
  if (identity === 'value') return `v:${JSON.stringify(item)}`;
  const { key } = identity;
  return `k:${JSON.stringify({ [key]: (item as Record<string, unknown>)[key] })}`;
}

function readFieldsV1(tree: unknown): Map<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  const visit = (node: unknown, path: readonly string[]): void => {
    const children = isJsonObject(node) ? Object.entries(node) : [];
    if (children.length === 0 && path.length > 0) paths.set(JSON.stringify(path), path);
    for (const [key, child] of children) visit(child, [...path, key]);
  };
  visit(tree, []);
  return paths;
}

function writeFieldsV1(paths: ReadonlyMap<string, readonly string[]>): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const path of [...paths.values()].sort((a, b) => (a.join('\0') < b.join('\0') ? -1 : 1))) {
    let node = tree;
    for (const part of path) {
      node[part] ??= {};
      node = node[part] as Record<string, unknown>;
    }
  }
  return tree;
}
