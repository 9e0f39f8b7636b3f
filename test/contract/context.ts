import { expect } from 'vitest';

import type { Document, RawClient, Reply } from './raw-client.js';
import type { Target } from './target.js';

export const LEASES_ROOT = '/apis/coordination.k8s.io/v1';

/** What every case gets: a client for each user, and a namespace that no other case file uses. */
export interface Context {
  readonly target: Target;
  readonly admin: RawClient;
  readonly candidate: RawClient;
  readonly nobody: RawClient;
  readonly narrow: RawClient;
  readonly namespace: string;
  /** The collections in that namespace. */
  readonly leases: string;
  readonly configMaps: string;
  readonly events: string;
  /** A name that has not been used before. */
  readonly newName: () => string;
}

/** Registers one group of cases; `context` is to be called inside tests. */
export type DefineCases = (context: () => Context) => void;

let count = 0;

export function newName(): string {
  count += 1;
  return `case-${String(count)}`;
}

export function leasesIn(namespace: string): string {
  return `${LEASES_ROOT}/namespaces/${namespace}/leases`;
}

export function lease(
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...metadata },
    spec,
  };
}

export function configMap(
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...fields };
}

/** A Lease that is there: created anew and returned as stored. */
export async function newLease(
  { admin, leases, newName: nextName }: Context,
  spec: Readonly<Record<string, unknown>> = { holderIdentity: 'a' },
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<Document> {
  const reply = await admin.send('POST', leases, lease(nextName(), spec, metadata));
  expect(reply.status, reply.text).toBe(201);
  return reply.body;
}

/** The object with other fields in its spec. */
export function withSpec(object: Document, spec: Readonly<Record<string, unknown>>): Document {
  return { ...object, spec: { ...object.spec, ...spec } };
}

export function withMetadata(
  object: Document,
  metadata: Readonly<Record<string, unknown>>,
): Document {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

/** Asserts a refusal: the code on the outside, and a Status of that code and reason inside. */
export function expectRefusal(
  reply: Reply,
  code: number,
  reason: string,
  message?: string | RegExp,
): void {
  expect(reply.status, reply.text).toBe(code);
  expect(reply.headers['content-type']).toBe('application/json');
  expect(reply.body).toMatchObject({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason,
    code,
  });
  if (typeof message === 'string') expect(reply.body.message).toBe(message);
  else if (message !== undefined) expect(reply.body.message).toMatch(message);
}

/** Asserts 422 and, by field, what the server says about it. */
export function expectInvalid(
  reply: Reply,
  causes: readonly [field: string, text: string][],
): void {
  expectRefusal(reply, 422, 'Invalid');
  expect(reply.body).toMatchObject({
    details: {
      causes: causes.map(([field, text]) => ({
        field,
        message: expect.stringContaining(text) as unknown,
      })),
    },
  });
}
