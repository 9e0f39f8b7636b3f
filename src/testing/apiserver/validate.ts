import { type FieldError, forbiddenField, invalid, required, tooLong } from './field-errors.js';
import { byteLength, configMapKeyErrors, qualifiedNameErrors } from './names.js';
import { type KubernetesObject, deepEqual } from './objects.js';
import type { Resource } from './resources.js';
import { validateMetadata, validateMetadataUpdate } from './validate-metadata.js';

const MAX_CONFIG_MAP_BYTES = 1024 * 1024;

/**
 * The rules that an object about to be stored breaks; `old` is what it replaces, `ofMetadata` the rules
 * for all objects that it breaks.
 */
export type ObjectRules = (
  object: KubernetesObject,
  old: KubernetesObject | null,
  ofMetadata: readonly FieldError[],
) => FieldError[];

/** Every rule that an object about to be stored breaks; `old` is what it replaces. */
export function validate(
  { nameRule, rules }: Resource,
  object: KubernetesObject,
  old: KubernetesObject | null,
): FieldError[] {
  const ofMetadata =
    old === null
      ? validateMetadata(object.metadata, nameRule)
      : validateMetadataUpdate(object.metadata, old.metadata);
  return rules === undefined ? ofMetadata : rules(object, old, ofMetadata);
}

export const validateLease: ObjectRules = (lease, _old, ofMetadata) => {
  const { leaseDurationSeconds, leaseTransitions } = lease['spec'] as {
    leaseDurationSeconds?: number;
    leaseTransitions?: number;
  };
  const errors = [...ofMetadata];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    const message = 'must be greater than 0';
    errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, message));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    const message = 'must be greater than or equal to 0';
    errors.push(invalid('spec.leaseTransitions', leaseTransitions, message));
  }
  return errors;
};

export const validateConfigMap: ObjectRules = (configMap, old, ofMetadata) => [
  ...(old === null ? [] : validateImmutable(configMap, old)),
  ...ofMetadata,
  ...validateData(configMap),
];

function validateData(configMap: KubernetesObject): FieldError[] {
  const errors: FieldError[] = [];
  const { data = {}, binaryData = {} } = configMap as {
    data?: Record<string, string>;
    binaryData?: Record<string, string>;
  };
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    size += byteLength(value);
    const messages = configMapKeyErrors(key);
    if (Object.hasOwn(binaryData, key)) messages.push('duplicate of key present in binaryData');
    errors.push(...messages.map((message) => invalid(`data[${key}]`, key, message)));
  }
  for (const [key, value] of Object.entries(binaryData)) {
    size += (value.length / 4) * 3;
    errors.push(
      ...configMapKeyErrors(key).map((message) => invalid(`binaryData[${key}]`, key, message)),
    );
  }
  if (size > MAX_CONFIG_MAP_BYTES) errors.push(tooLong('[]', MAX_CONFIG_MAP_BYTES));
  return errors;
}

function validateImmutable(configMap: KubernetesObject, old: KubernetesObject): FieldError[] {
  if (old['immutable'] !== true) return [];
  const changed = ['data', 'binaryData'].filter((name) => !deepEqual(configMap[name], old[name]));
  if (configMap['immutable'] !== true) changed.unshift('immutable');
  return changed.map((name) => forbiddenField(name, 'field is immutable when `immutable` is set'));
}

/** An Event with `eventTime` is one of the new style, for which more fields are required. */
export const validateEvent: ObjectRules = (event, _old, ofMetadata) => {
  const { namespace = '' } = event.metadata;
  const about = (event['involvedObject'] as { namespace?: string }).namespace ?? '';
  const isNew = event['eventTime'] !== null;
  const homes = isNew ? ['default', 'kube-system'] : ['default'];
  const errors = [...ofMetadata];
  const fits = about === '' ? homes.includes(namespace) : isNew || about === namespace;
  if (!fits) {
    errors.push(invalid('involvedObject.namespace', about, 'does not match event.namespace'));
  }
  return isNew ? [...errors, ...validateNewEvent(event)] : errors;
};

function validateNewEvent(event: KubernetesObject): FieldError[] {
  const text = (field: string): string => (event[field] as string | undefined) ?? '';
  const errors: FieldError[] = [];
  const component = text('reportingComponent');
  if (component === '') errors.push(required('reportingComponent'));
  for (const message of qualifiedNameErrors(component)) {
    errors.push(invalid('reportingComponent', component, message));
  }
  const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 };
  for (const [field, limit] of Object.entries(limits)) {
    if (text(field) === '' && field !== 'message') errors.push(required(field));
    if (byteLength(text(field)) > limit) {
      errors.push(invalid(field, '', `can have at most ${String(limit)} characters`));
    }
  }
  return errors;
}
