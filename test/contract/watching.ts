import { expect } from 'vitest';

import { type Context, withSpec } from './context.js';
import type { Document } from './raw-client.js';

/** Replaces part of the Lease's spec, and returns it as stored. */
export async function put(
  { admin, leases }: Context,
  object: Document,
  spec: Readonly<Record<string, unknown>>,
): Promise<Document> {
  const path = `${leases}/${object.metadata.name}`;
  const reply = await admin.send('PUT', path, withSpec(object, spec));
  expect(reply.status, reply.text).toBe(200);
  return reply.body;
}

/** For a watch of that object alone. */
export const byName = ({ metadata }: Document): Record<string, string> => ({
  fieldSelector: `metadata.name=${metadata.name}`,
});
/** For a watch from that object's version. */
export const from = ({ metadata }: Document): Record<string, string> => ({
  resourceVersion: metadata.resourceVersion,
});
