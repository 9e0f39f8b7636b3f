import { expect } from 'vitest';

import { type Document, RawClient, type Reply, type RequestOptions } from './raw-client.js';
import type { Target } from './target.js';

export const LEASES_ROOT = '/apis/coordination.k8s.io/v1';

type Fields = Readonly<Record<string, unknown>>;

let count = 0;

/** What every case gets: a client for each user, and a namespace that no other case file uses. */
export class Context {
  readonly admin: RawClient;
  readonly candidate: RawClient;
  readonly nobody: RawClient;
  readonly narrow: RawClient;
  /** The collections in that namespace. */
  readonly leases: string;
  readonly configMaps: string;
  readonly events: string;

  /** A name that has not been used before. */
  readonly newName = (): string => {
    count += 1;
    return `case-${String(count)}`;
  };

  constructor(
    readonly target: Target,
    readonly namespace: string,
  ) {
    this.admin = new RawClient(target, 'admin');
    this.candidate = new RawClient(target, 'candidate');
    this.nobody = new RawClient(target, 'nobody');
    this.narrow = new RawClient(target, 'narrow');
    this.leases = leasesIn(namespace);
    this.configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
    this.events = `/api/v1/namespaces/${namespace}/events`;
  }

  /** The path of a Lease. */
  pathOf({ metadata }: Document): string {
    return `${this.leases}/${metadata.name}`;
  }

  /** Asks for a Lease of a new name. */
  post(spec: Fields = {}, metadata: Fields = {}, options: RequestOptions = {}): Promise<Reply> {
    return this.admin.send('POST', this.leases, lease(this.newName(), spec, metadata), options);
  }

  /** A Lease that is there: created anew and returned as stored. */
  async newLease(spec: Fields = { holderIdentity: 'a' }, metadata: Fields = {}): Promise<Document> {
    const reply = await this.post(spec, metadata);
    expect(reply.status, reply.text).toBe(201);
    return reply.body;
  }

  /** Writes a Lease in place of the one of its name. */
  put(object: Document, options: RequestOptions = {}): Promise<Reply> {
    return this.admin.send('PUT', this.pathOf(object), object, options);
  }

  /** Replaces part of the Lease's spec, and returns it as stored. */
  async change(object: Document, spec: Fields): Promise<Document> {
    const reply = await this.put(withSpec(object, spec));
    expect(reply.status, reply.text).toBe(200);
    return reply.body;
  }

  /** The Leases that are answered to this query, or what else is. */
  list(query: Readonly<Record<string, string>>): Promise<Reply> {
    return this.admin.send('GET', this.leases, undefined, { query });
  }
}

/** Registers one group of cases; `context` is to be called inside tests. */
export type DefineCases = (context: () => Context) => void;

export function leasesIn(namespace: string): string {
  return `${LEASES_ROOT}/namespaces/${namespace}/leases`;
}

export function lease(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  const kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
  return { ...kind, metadata: { name, ...metadata }, spec };
}

export function configMap(name: string, fields: Fields = {}, metadata: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...fields };
}

/** The object with other fields in its spec. */
export function withSpec(object: Document, spec: Fields): Document {
  return { ...object, spec: { ...object.spec, ...spec } };
}

export function withMetadata(object: Document, metadata: Fields): Document {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

/** For a watch of that object alone. */
export const byName = ({ metadata }: Document): Record<string, string> => ({
  fieldSelector: `metadata.name=${metadata.name}`,
});

/** For a watch from that object's version. */
export const from = ({ metadata }: Document): Record<string, string> => ({
  resourceVersion: metadata.resourceVersion,
});

/** Asserts a refusal: the code on the outside, and a Status of that code and reason inside. */
export function expectRefusal(
  reply: Reply,
  code: number,
  reason: string,
  message: string | RegExp = /./,
): void {
  expect(reply.status, reply.text).toBe(code);
  expect(reply.headers['content-type']).toBe('application/json');
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
  expect(reply.body).toMatchObject({ ...status, reason, code });
  if (typeof message === 'string') expect(reply.body.message).toBe(message);
  else expect(reply.body.message).toMatch(message);
}

/** Asserts 400 for an object of which a field has a wrong type. */
export function expectUnfit(reply: Reply, kind: string, why: string): void {
  const message = `${kind} in version "v1" cannot be handled as a ${kind}: ${why}`;
  expectRefusal(reply, 400, 'BadRequest', message);
}

/** Asserts 422 and, by field, what the server says about it. */
export function expectInvalid(
  reply: Reply,
  ...causes: readonly (readonly [field: string, text: string])[]
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
