import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from './field-errors.js';
import { byteLength, labelValueErrors, type NameRule, qualifiedNameErrors } from './names.js';
import { type ManagedFieldsEntry, type ObjectMeta, deepEqual } from './objects.js';

const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** The rules for `metadata` at creation. */
export function validateMetadata(meta: ObjectMeta, nameRule: NameRule): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', generateName = '' } = meta;
  if (generateName !== '') {
    // The prefix may end in a dash, since more characters follow.
    const prefix = generateName.endsWith('-') ? `${generateName.slice(0, -1)}a` : generateName;
    for (const message of nameRule(prefix)) {
      errors.push(invalid('metadata.generateName', generateName, message));
    }
  }
  if (name === '') {
    errors.push(required('metadata.name', 'name or generateName is required'));
  }
  for (const message of name === '' ? [] : nameRule(name)) {
    errors.push(invalid('metadata.name', name, message));
  }
  return [...errors, ...validateCommon(meta), ...validateFinalizers(meta)];
}

/** The rules for `metadata` at an update, which leave the name alone. */
export function validateMetadataUpdate(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const added = (meta.finalizers ?? []).filter((one) => !(old.finalizers ?? []).includes(one));
  if (old.deletionTimestamp !== undefined && added.length > 0) {
    const list = added
      .sort()
      .map((one) => JSON.stringify(one))
      .join(', ');
    const rule = 'no new finalizers can be added if the object is being deleted';
    errors.push(
      forbiddenField('metadata.finalizers', `${rule}, found new finalizers []string{${list}}`),
    );
  }
  const immutable = ['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
  for (const field of immutable) {
    if (!deepEqual(meta[field], old[field])) {
      errors.push(invalid(`metadata.${field}`, meta[field] ?? null, 'field is immutable'));
    }
  }
  return [...errors, ...validateCommon(meta), ...validateFinalizers(meta)];
}

function validateCommon(meta: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if ((meta.generation ?? 0) < 0) {
    const message = 'must be greater than or equal to 0';
    errors.push(invalid('metadata.generation', meta.generation, message));
  }
  for (const [key, value] of Object.entries(meta.labels ?? {})) {
    errors.push(
      ...qualifiedNameErrors(key).map((message) => invalid('metadata.labels', key, message)),
      ...labelValueErrors(value).map((message) => invalid('metadata.labels', value, message)),
    );
  }
  let annotationBytes = 0;
  for (const [key, value] of Object.entries(meta.annotations ?? {})) {
    annotationBytes += byteLength(key) + byteLength(value);
    for (const message of qualifiedNameErrors(key.toLowerCase())) {
      errors.push(invalid('metadata.annotations', key, message));
    }
  }
  if (annotationBytes > MAX_ANNOTATIONS_BYTES) {
    errors.push(tooLong('metadata.annotations', MAX_ANNOTATIONS_BYTES));
  }
  (meta.ownerReferences ?? []).forEach((owner, index) => {
    errors.push(...validateOwner(owner, `metadata.ownerReferences[${String(index)}]`));
  });
  (meta.managedFields ?? []).forEach((entry, index) => {
    errors.push(...validateManager(entry, `metadata.managedFields[${String(index)}]`));
  });
  return errors;
}

function validateFinalizers(meta: ObjectMeta): FieldError[] {
  return (meta.finalizers ?? []).flatMap((finalizer) =>
    qualifiedNameErrors(finalizer).map((message) =>
      invalid('metadata.finalizers', finalizer, message),
    ),
  );
}

function validateOwner(owner: Record<string, unknown>, path: string): FieldError[] {
  const errors = ['apiVersion', 'kind', 'name', 'uid']
    .filter((field) => owner[field] === '')
    .map((field) => required(`${path}.${field}`, 'must not be empty'));
  if (owner['apiVersion'] === 'v1' && owner['kind'] === 'Event') {
    errors.push(invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

function validateManager(entry: ManagedFieldsEntry, path: string): FieldError[] {
  const { operation = '' } = entry;
  if (operation === '') return [required(`${path}.operation`, 'must not be empty')];
  const operations = ['Apply', 'Update'];
  if (operations.includes(operation)) return [];
  return [notSupported(`${path}.operation`, operation, operations)];
}
