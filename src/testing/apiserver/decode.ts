import { parseMicroTime, parseTime } from './go-time.js';
import { type JsonObject, isJsonObject } from './objects.js';
import { type Field, type FieldSchema, type StructSchema, zeroOf } from './schema.js';

export interface Decoded {
  /** The object with unknown fields dropped, zero values normalised and times in UTC. */
  readonly object: JsonObject;
  /** The paths of fields that the type does not have, such as `spec.foo`. */
  readonly unknownFields: readonly string[];
}

/** The body does not fit the type. The message is that of the API server's JSON decoder. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Go's zero time, which is written as `null`. */
const ZERO_TIME = '0001-01-01T00:00:00';

interface Position {
  readonly path: readonly string[];
  readonly goStruct: string;
}

/**
 * Reads JSON into a type the way the API server does: fields that the type does not have are
 * dropped, `null` counts as absent, and a wrong JSON type is an error.
 *
 * @throws DecodeError
 */
export function decode(schema: StructSchema, json: JsonObject): Decoded {
  const unknownFields: string[] = [];
  const object = decodeStruct(schema, json, [], unknownFields);
  return { object, unknownFields };
}

function decodeStruct(
  schema: StructSchema,
  json: JsonObject,
  path: readonly string[],
  unknownFields: string[],
): JsonObject {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(json)) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (field === undefined) {
      unknownFields.push([...path, name].join('.'));
    } else if (value !== null && value !== undefined) {
      const position = { path: [...path, name], goStruct: shortName(schema.goType) };
      values.set(name, decodeValue(field.schema, value, position, unknownFields));
    }
  }
  const object: JsonObject = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    const written = writtenValue(field, values.get(name));
    if (written !== undefined) object[name] = written;
  }
  return object;
}

function writtenValue({ schema, written }: Field, value: unknown): unknown {
  if (value === undefined) return written === 'always' ? zeroOf(schema) : undefined;
  return written === 'nonZero' && isZero(value) ? undefined : value;
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false || value === null;
}

function decodeValue(
  schema: FieldSchema,
  value: unknown,
  at: Position,
  unknownFields: string[],
): unknown {
  switch (schema.type) {
    case 'anything':
      return value;
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(value, at, 'bool');
    case 'int32':
    case 'int64':
      return isInteger(value, schema.type) ? value : mismatch(value, at, schema.type);
    case 'struct':
      if (!isJsonObject(value)) return mismatch(value, at, schema.goType);
      return decodeStruct(schema, value, at.path, unknownFields);
    case 'list':
      if (!Array.isArray(value)) return mismatch(value, at, '[]string');
      return value.map((item: unknown, index) => {
        const last = `${at.path.at(-1) ?? ''}[${String(index)}]`;
        const position = { ...at, path: [...at.path.slice(0, -1), last] };
        return decodeValue(schema.items, item, position, unknownFields);
      });
    case 'map':
      return decodeMap(schema.values, value, at);
    default:
      if (typeof value !== 'string') return mismatch(value, at, 'string');
      return decodeText(schema.type, value);
  }
}

function decodeMap(values: FieldSchema, value: unknown, at: Position): JsonObject {
  if (!isJsonObject(value)) return mismatch(value, at, 'map[string]string');
  const entries = Object.entries(value).map(([key, entry]): [string, unknown] => [
    key,
    entry === null ? zeroOf(values) : decodeValue(values, entry, at, []),
  ]);
  // Go writes maps with their keys in order.
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function decodeText(type: 'string' | 'bytes' | 'time' | 'microTime', text: string): string | null {
  if (type === 'string') return text;
  if (type === 'bytes') return decodeBase64(text);
  const parsed = type === 'time' ? parseTime(text) : parseMicroTime(text);
  if (!parsed.ok) throw new DecodeError(parsed.error);
  return parsed.value.startsWith(ZERO_TIME) ? null : parsed.value;
}

function decodeBase64(text: string): string {
  const wrong = /[^A-Za-z0-9+/]/.exec(text.replace(/={0,2}$/, ''));
  if (wrong !== null || text.length % 4 !== 0) {
    throw new DecodeError(
      `illegal base64 data at input byte ${String(wrong?.index ?? text.length - (text.length % 4))}`,
    );
  }
  return text;
}

function isInteger(value: unknown, type: 'int32' | 'int64'): value is number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false;
  return type === 'int64' || (value >= -(2 ** 31) && value < 2 ** 31);
}

function mismatch(value: unknown, at: Position, goType: string): never {
  const field = `${at.goStruct}.${at.path.join('.')}`;
  throw new DecodeError(
    `json: cannot unmarshal ${jsonType(value, goType)} into Go struct field ${field} of type ${goType}`,
  );
}

function jsonType(value: unknown, goType: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  // Only where a number was wanted is the number itself part of the message.
  if (typeof value === 'number')
    return goType.startsWith('int') ? `number ${String(value)}` : 'number';
  return typeof value;
}

function shortName(goType: string): string {
  return goType.slice(goType.lastIndexOf('.') + 1);
}
