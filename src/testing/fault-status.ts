import type { Answer } from './apiserver/call.js';
import { failure } from './apiserver/status.js';
import type { Fault } from './faults.js';

/** The reasons and texts with which the API server sends these codes. */
const COMMON: Partial<Record<number, readonly [reason: string, message: string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  408: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
  429: ['TooManyRequests', 'too many requests, please try again later'],
  500: ['InternalError', 'Internal error occurred: injected fault'],
  502: ['InternalError', 'Internal error occurred: bad gateway'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
};

export function answerOf(fault: Extract<Fault, { kind: 'status' }>): Answer {
  const { status, retryAfterSeconds } = fault;
  const [reason, message] = COMMON[status] ?? ['Unknown', `injected fault: ${String(status)}`];
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  return {
    type: 'answer',
    status,
    headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
    body: fault.body ?? failure(status, reason, message, details).status,
  };
}
