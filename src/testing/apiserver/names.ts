/**
 * The rules for names, labels and keys, with the API server's own texts. Each function returns one
 * message per rule that is broken.
 */

/** How objects of a kind may be named: the messages of the rules that the name breaks. */
export type NameRule = (name: string) => string[];

const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dnsSubdomain = `${dnsLabel}(\\.${dnsLabel})*`;
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${labelKey})?`;
const configMapKey = '[-._a-zA-Z0-9]+';

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const matches = {
  dnsLabel: whole(dnsLabel),
  dnsSubdomain: whole(dnsSubdomain),
  labelKey: whole(labelKey),
  labelValue: whole(labelValue),
  configMapKey: whole(configMapKey),
};

function explained(message: string, pattern: string, examples: readonly string[]): string {
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

/** The API server counts bytes of UTF-8, not characters. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

// The API server says "characters" where it checks names and keys; what it counts is bytes.
function longerThan(text: string, maxBytes: number, unit: 'bytes' | 'characters'): string[] {
  return byteLength(text) > maxBytes ? [`must be no more than ${String(maxBytes)} ${unit}`] : [];
}

const labelExamples = ['MyName', 'my.name', '123-abc'];
const labelRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function dnsSubdomainErrors(value: string): string[] {
  const errors = longerThan(value, 253, 'characters');
  if (!matches.dnsSubdomain.test(value)) {
    const rule =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    errors.push(explained(rule, dnsSubdomain, ['example.com']));
  }
  return errors;
}

export function dnsLabelErrors(value: string): string[] {
  const errors = longerThan(value, 63, 'characters');
  if (matches.dnsLabel.test(value)) return errors;
  if (matches.dnsSubdomain.test(value)) return [...errors, 'must not contain dots'];
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, explained(rule, dnsLabel, ['my-name', '123-abc'])];
}

export function qualifiedNameErrors(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    const rule = `a valid label key ${explained(labelRule, labelKey, labelExamples)}`;
    return [`${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? (parts[0] ?? '') : null;
  const errors: string[] = [];
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (prefix !== null) {
    errors.push(...dnsSubdomainErrors(prefix).map((error) => `prefix part ${error}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  else errors.push(...longerThan(name, 63, 'bytes').map((error) => `name part ${error}`));
  if (!matches.labelKey.test(name)) {
    errors.push(`name part ${explained(labelRule, labelKey, labelExamples)}`);
  }
  return errors;
}

export function labelValueErrors(value: string): string[] {
  const errors = longerThan(value, 63, 'bytes');
  if (!matches.labelValue.test(value)) {
    const rule = `a valid label must be an empty string or consist of ${labelRule.slice('must consist of '.length)}`;
    errors.push(explained(rule, labelValue, ['MyValue', 'my_value', '12345']));
  }
  return errors;
}

export function configMapKeyErrors(value: string): string[] {
  const errors = longerThan(value, 253, 'characters');
  if (!matches.configMapKey.test(value)) {
    const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(explained(rule, configMapKey, ['key.name', 'KEY_NAME', 'key-name']));
  }
  if (value === '.') errors.push(`must not be '.'`);
  else if (value === '..') errors.push(`must not be '..'`);
  else if (value.startsWith('..')) errors.push(`must not start with '..'`);
  return errors;
}

/** Events of `v1` may be named anything that fits into a path. */
export function anyName(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((one) => name.includes(one)).map((one) => `may not contain '${one}'`);
}
