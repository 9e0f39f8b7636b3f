import { expect, it } from 'vitest';

import {
  type DefineCases,
  expectInvalid,
  expectRefusal,
  lease,
  withMetadata,
  withSpec,
} from '../context.js';
import type { Document } from '../raw-client.js';

export const updateCases: DefineCases = (context) => {
  it('a Lease is replaced when the version is the current one', async () => {
    const old = await context().newLease({ holderIdentity: 'a', leaseDurationSeconds: 15 });
    const reply = await context().put({ ...old, spec: { holderIdentity: 'b' } });
    expect(reply.status).toBe(200);
    expect(reply.body.spec).toEqual({ holderIdentity: 'b' });
    const { uid, creationTimestamp, resourceVersion } = reply.body.metadata;
    expect([uid, creationTimestamp]).toEqual([old.metadata.uid, old.metadata.creationTimestamp]);
    expect(Number(resourceVersion)).toBeGreaterThan(Number(old.metadata.resourceVersion));
    expect((await context().admin.send('GET', context().pathOf(old))).body).toEqual(reply.body);
  });

  it('name and namespace in the object have to be those of the URL', async () => {
    const { admin } = context();
    const old = await context().newLease();
    const { name } = old.metadata;
    const refusalOf = async (body: unknown, message: string): Promise<void> => {
      expectRefusal(
        await admin.send('PUT', context().pathOf(old), body),
        400,
        'BadRequest',
        message,
      );
    };
    const other = `the name of the object (other) does not match the name on the URL (${name})`;
    await refusalOf(lease('other'), other);
    const none = `the name of the object (${name} based on URL) was undeterminable: name must be provided`;
    await refusalOf({ spec: {} }, none);
    const elsewhere =
      'the namespace of the provided object does not match the namespace sent on the request';
    await refusalOf(withMetadata(old, { namespace: 'other' }), elsewhere);
  });

  const date = '2020-01-01T00:00:00Z';
  it.each<[what: string, change: (old: Document) => Document, field: string, text: string]>([
    [
      'a spec that is',
      (old) => withSpec(old, { leaseDurationSeconds: 0 }),
      'spec.leaseDurationSeconds',
      'must be greater than 0',
    ],
    [
      'a label that is',
      (old) => withMetadata(old, { labels: { a: 'b c' } }),
      'metadata.labels',
      'Invalid value: "b c": a valid label must',
    ],
    [
      'a deletion by hand, which is',
      (old) => withMetadata(old, { deletionTimestamp: date }),
      'metadata.deletionTimestamp',
      'field is immutable',
    ],
  ])('%s invalid is refused and changes nothing', async (_, change, field, text) => {
    const old = await context().newLease();
    const reply = await context().put(change(old));
    expectInvalid(reply, [field, text]);
    expect(reply.body).toHaveProperty('details.causes.length', 1);
    expect((await context().admin.send('GET', context().pathOf(old))).body).toEqual(old);
  });

  it.each([
    ['what is there', {}],
    ['another date of creation, or generation', { creationTimestamp: date, generation: 9 }],
  ])('an update with %s changes nothing, and keeps the version', async (_, metadata) => {
    const old = await context().newLease();
    const reply = await context().put(withMetadata(old, metadata));
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(old);
  });

  it('what the new object leaves out is gone', async () => {
    const old = await context().newLease({}, { labels: { a: 'b' }, annotations: { c: 'd' } });
    const { name, resourceVersion } = old.metadata;
    const body = lease(name, {}, { resourceVersion, annotations: { e: 'f' } });
    const { metadata } = (await context().admin.send('PUT', context().pathOf(old), body)).body;
    expect(metadata).not.toHaveProperty('labels');
    expect(metadata).toHaveProperty('annotations', { e: 'f' });
  });
};
