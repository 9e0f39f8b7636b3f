/** A cause of a refusal, one per field in question. */
export interface StatusCause {
  reason?: string;
  message: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** `meta/v1` Status, which every refusal of the API server is. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

/** What a request is refused with. Its `headers` come on top of the usual ones. */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError';

  constructor(
    readonly status: Status & { code: number },
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(status.message);
  }
}

/** A resource in its group, such as `leases` in `coordination.k8s.io`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export function qualified({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

export function failure(
  code: number,
  reason: string | null,
  message: string,
  details?: StatusDetails,
): ApiStatusError {
  return new ApiStatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === null ? {} : { reason }),
    ...(details ? { details } : {}),
    code,
  });
}

export function detailsOf({ group, resource }: GroupResource, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  };
}

/** For errors inside the server that it does not classify: 500 without a reason. */
export function unclassified(message: string): ApiStatusError {
  return failure(500, null, message);
}

export function badRequest(message: string): ApiStatusError {
  return failure(400, 'BadRequest', message);
}

export function unauthorized(): ApiStatusError {
  return failure(401, 'Unauthorized', 'Unauthorized');
}

export function notFound(target: GroupResource, name: string): ApiStatusError {
  const message = `${qualified(target)} "${name}" not found`;
  return failure(404, 'NotFound', message, detailsOf(target, name));
}

/** Paths and resources that the server does not have. */
export function unknownResource(): ApiStatusError {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiStatusError {
  const message = 'the server does not allow this method on the requested resource';
  return failure(405, 'MethodNotAllowed', message, {});
}

export function notAcceptable(): ApiStatusError {
  const message = '406: Not Acceptable\n\nAvailable representations: application/json';
  return failure(406, 'NotAcceptable', message, {});
}

export function alreadyExists(target: GroupResource, name: string): ApiStatusError {
  const message = `${qualified(target)} "${name}" already exists`;
  return failure(409, 'AlreadyExists', message, detailsOf(target, name));
}

export function conflict(target: GroupResource, name: string, why: string): ApiStatusError {
  const message = `Operation cannot be fulfilled on ${qualified(target)} "${name}": ${why}`;
  return failure(409, 'Conflict', message, detailsOf(target, name));
}

export function forbidden(target: GroupResource, name: string, why: string): ApiStatusError {
  const subject = name === '' ? qualified(target) : `${qualified(target)} "${name}"`;
  return failure(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(target, name));
}

export function expired(message: string): ApiStatusError {
  return failure(410, 'Expired', message);
}
