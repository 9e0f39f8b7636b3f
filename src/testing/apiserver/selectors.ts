import type { KubernetesObject } from './objects.js';
import type { Resource } from './resources.js';
import { badRequest } from './status.js';

export type Selects = (object: KubernetesObject) => boolean;

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  readonly values: readonly string[];
}

/** @throws ApiStatusError 400 for a selector that cannot be read, or a field it cannot ask for */
export function selectorOf(resource: Resource, query: URLSearchParams): Selects {
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '');
  const byField = parseFieldSelector(resource, query.get('fieldSelector') ?? '');
  return (object) =>
    byLabel.every((one) => meets(labelOf(object, one.key), one)) &&
    byField.every((one) => meets(fieldValue(resource, object, one.key), one));
}

/** The one name that the field selector asks for, if it does. */
export function selectedName(query: URLSearchParams): string | null {
  const match = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '');
  return match?.[1] ?? null;
}

function labelOf({ metadata: { labels = {} } }: KubernetesObject, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function meets(value: string | undefined, { operator, values }: Requirement): boolean {
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}

const FIELD_TERM = /^([^=!]+)(==|=|!=)(.*)$/;

function parseFieldSelector(resource: Resource, text: string): Requirement[] {
  return text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const [, key = '', operator, value = ''] = FIELD_TERM.exec(term) ?? [];
      if (operator === undefined) {
        throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      }
      checkField(resource, key);
      return { key, operator: operator === '!=' ? 'notin' : 'in', values: [value] };
    });
}

function checkField(resource: Resource, key: string): void {
  if (key === 'metadata.name' || (key === 'metadata.namespace' && resource.namespaced)) return;
  const blank = { metadata: {}, involvedObject: {}, source: {}, status: {} };
  const extra = resource.selectableFields?.(blank as unknown as KubernetesObject) ?? {};
  if (Object.hasOwn(extra, key)) return;
  throw badRequest(
    `"${key}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

function fieldValue(resource: Resource, object: KubernetesObject, key: string): string {
  if (key === 'metadata.name') return object.metadata.name ?? '';
  if (key === 'metadata.namespace') return object.metadata.namespace ?? '';
  return resource.selectableFields?.(object)[key] ?? '';
}

const LABEL_TERM =
  /^(?:(?<absent>!)\s*(?<absentKey>[^\s!=,()]+)|(?<key>[^\s!=,()]+)\s*(?:(?<set>in|notin)\s*\((?<values>[^()]*)\)|(?<operator>==|=|!=)\s*(?<value>[^\s!=,()]*))?)$/;

function parseLabelSelector(text: string): Requirement[] {
  // Commas inside parentheses separate values, the others separate requirements.
  const terms = text.split(/,(?![^(]*\))/).map((term) => term.trim());
  return terms.filter((term) => term !== '').map((term) => parseLabelTerm(text, term));
}

function parseLabelTerm(text: string, term: string): Requirement {
  const groups = LABEL_TERM.exec(term)?.groups;
  if (groups === undefined)
    throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);
  const { absentKey, key = '', set, values = '', operator, value = '' } = groups;
  if (absentKey !== undefined) return { key: absentKey, operator: 'absent', values: [] };
  if (set === 'in' || set === 'notin') {
    return { key, operator: set, values: values.split(',').map((one) => one.trim()) };
  }
  if (operator === undefined) return { key, operator: 'exists', values: [] };
  return { key, operator: operator === '!=' ? 'notin' : 'in', values: [value] };
}
