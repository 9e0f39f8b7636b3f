import { jsonText } from '../text/printable.js';

const MAX_PRINTED = 60;

/**
 * A value as it may stand in an error message: short, on one line, and for anything that has
 * contents its type only, because options can hold a kubeconfig or a client.
 */
export function printValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return printString(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'boolean':
    case 'undefined':
      return String(value);
    default:
      return printType(value);
  }
}

/** The type alone, for options whose value could itself be a secret. */
export function printType(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name = constructorName(value);
  return name === null || name === 'Object' ? 'an object' : `an object (${name})`;
}

function printString(value: string): string {
  const short = value.length > MAX_PRINTED ? `${value.slice(0, MAX_PRINTED)}…` : value;
  const quoted = jsonText(short);
  return value.length > MAX_PRINTED ? `${quoted} (${value.length} characters)` : quoted;
}

function constructorName(value: object): string | null {
  try {
    const name: unknown = value.constructor.name;
    return typeof name === 'string' && /^[\w$]{1,40}$/.test(name) ? name : null;
  } catch {
    return null;
  }
}
