import { type ApiStatusError, type StatusDetails, failure } from './status.js';

/** One field that breaks a rule, in the words of `k8s.io/apimachinery/pkg/util/validation/field`. */
export interface FieldError {
  readonly reason: string;
  readonly field: string;
  readonly body: string;
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return {
    reason: 'FieldValueInvalid',
    field,
    body: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
  };
}

export function required(field: string, detail = ''): FieldError {
  const body = detail === '' ? 'Required value' : `Required value: ${detail}`;
  return { reason: 'FieldValueRequired', field, body };
}

export function forbiddenField(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, body: `Forbidden: ${detail}` };
}

export function notSupported(
  field: string,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const values = supported.map((one) => JSON.stringify(one)).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    field,
    body: `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`,
  };
}

export function tooLong(field: string, maxBytes: number): FieldError {
  return {
    reason: 'FieldValueTooLong',
    field,
    body: `Too long: may not be more than ${String(maxBytes)} bytes`,
  };
}

/** 422 for an object, naming its kind, with one cause per error. */
export function invalidObject(
  target: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): ApiStatusError {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.body}`))];
  const list = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  const kind = target.group === '' ? target.kind : `${target.kind}.${target.group}`;
  const details: StatusDetails = {
    ...(name === '' ? {} : { name }),
    ...(target.group === '' ? {} : { group: target.group }),
    ...(target.kind === '' ? {} : { kind: target.kind }),
    causes: errors.map(({ reason, body, field }) => ({ reason, message: body, field })),
  };
  return failure(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, details);
}
