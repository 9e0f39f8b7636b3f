import { DecodeError, decode } from './decode.js';
import { invalidObject, notSupported } from './field-errors.js';
import { type JsonObject, type KubernetesObject, isJsonObject } from './objects.js';
import { type Resource, apiVersionOf } from './resources.js';
import type { ApiRequest } from './routes.js';
import { badRequest, failure } from './status.js';

export const MAX_BODY_BYTES = 3 * 1024 * 1024;
const FIELD_VALIDATION = ['', 'Ignore', 'Strict', 'Warn'];

export interface Body {
  readonly object: KubernetesObject;
  /** For the answer's `Warning` headers. */
  readonly warnings: readonly string[];
}

/** @throws ApiStatusError 413, 415, or 400 for text that is not a JSON object */
export function readJson(request: ApiRequest, what: string): JsonObject {
  checkSize(request);
  const type = mediaType(request);
  if (type !== '' && type !== 'application/json') {
    throw failure(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json',
    );
  }
  return parseJson(request.body, what);
}

export function checkSize({ body }: ApiRequest): void {
  if (body.length <= MAX_BODY_BYTES) return;
  const message = `Request entity too large: limit is ${String(MAX_BODY_BYTES)}`;
  throw failure(413, 'RequestEntityTooLarge', message);
}

export function mediaType({ headers }: ApiRequest): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

function parseJson(text: string, what: string): JsonObject {
  let why = 'unexpected end of JSON input';
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
    why = 'json: cannot unmarshal into an object';
  } catch (error) {
    const [, position = -1] = /at position (\d+)/.exec(String(error)) ?? [];
    const isCutOff =
      String(error).includes('end of JSON') || Number(position) >= text.trimEnd().length;
    if (!isCutOff) why = 'invalid character looking for beginning of value';
  }
  throw badRequest(`${what}couldn't get version/kind; json parse error: ${why}`);
}

/** Reads the object that a request carries. @throws ApiStatusError */
export function readObject(resource: Resource, request: ApiRequest): Body {
  const what = `the object provided is unrecognized (must be of type ${resource.kind}): `;
  const json = readJson(request, what);
  try {
    return toObject(resource, json, request.query);
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(resource, json, error.message);
    throw error;
  }
}

/**
 * Turns JSON into an object of the resource's type.
 *
 * @throws DecodeError where a field has the wrong type
 * @throws ApiStatusError 400 for another kind, or for unknown fields with `fieldValidation=Strict`
 */
export function toObject(resource: Resource, json: JsonObject, query: URLSearchParams): Body {
  checkKind(resource, json);
  const { object, unknownFields } = decode(resource.schema, json);
  const problems = unknownFields.map((path) => `unknown field "${path}"`);
  const mode = query.get('fieldValidation') ?? '';
  if (mode === 'Strict' && problems.length > 0) {
    throw cannotBeHandled(resource, json, `strict decoding error: ${problems.join(', ')}`);
  }
  const { metadata, ...fields } = object as unknown as KubernetesObject;
  const whole = {
    ...fields,
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata,
  };
  return { object: whole, warnings: mode === 'Ignore' ? [] : problems };
}

function checkKind(resource: Resource, json: JsonObject): void {
  const { kind, apiVersion } = namesIn(resource, json);
  const expected = apiVersionOf(resource);
  if (kind === resource.kind && apiVersion === expected) return;
  if (
    kind === resource.kind &&
    resource.group !== '' &&
    apiVersion.startsWith(`${resource.group}/`)
  ) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  const why = `no kind "${kind}" is registered for version "${apiVersion}" here`;
  throw cannotBeHandled(resource, json, why);
}

function namesIn(resource: Resource, json: JsonObject): { kind: string; apiVersion: string } {
  const { kind, apiVersion } = json;
  return {
    kind: typeof kind === 'string' && kind !== '' ? kind : resource.kind,
    apiVersion:
      typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : apiVersionOf(resource),
  };
}

function cannotBeHandled(resource: Resource, json: JsonObject, why: string): Error {
  const { kind, apiVersion } = namesIn(resource, json);
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`,
  );
}

/** @throws ApiStatusError 422 for values of `dryRun` and `fieldValidation` that do not exist */
export function checkWriteOptions(kind: string, query: URLSearchParams): void {
  const errors = [];
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((one) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  const mode = query.get('fieldValidation') ?? '';
  if (!FIELD_VALIDATION.includes(mode)) {
    errors.push(notSupported('fieldValidation', mode, FIELD_VALIDATION));
  }
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors);
}
