import { expect, it } from 'vitest';

import { type DefineCases, configMap, withMetadata, withSpec } from '../context.js';
import type { Document } from '../raw-client.js';

const as = (agent: string) => ({ headers: { 'user-agent': agent } });

function ownersOf({ metadata }: Document): Record<string, unknown> {
  const entries = metadata.managedFields ?? [];
  return Object.fromEntries(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1]));
}

export const managedFieldsCases: DefineCases = (context) => {
  it('a new object belongs to its writer, named by the first word of User-Agent', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const reply = await context().post({ holderIdentity: 'a' }, {}, as('some elector/1.0 (linux)'));
    const [entry, ...more] = reply.body.metadata.managedFields ?? [];
    expect(more).toEqual([]);
    expect(entry).toEqual({
      manager: 'some elector',
      operation: 'Update',
      apiVersion: 'coordination.k8s.io/v1',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:holderIdentity': {} } },
    });
    expect(Date.parse(entry?.time ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(entry?.time ?? '')).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ['that names itself goes by that name', { query: { fieldManager: 'myself' } }, 'myself'],
    ['without a name is unknown', {}, 'unknown'],
  ])('a writer %s', async (_, options, name) => {
    const { body } = await context().post({ holderIdentity: 'a' }, {}, options);
    expect(Object.keys(ownersOf(body))).toEqual([name]);
  });

  it('maps, lists and plain fields are owned each in its way', async () => {
    const { admin, configMaps, newName } = context();
    const metadata = {
      labels: { a: 'b' },
      annotations: { 'example.com/c': 'd' },
      finalizers: ['example.com/hold'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }],
    };
    const { body } = await context().post({}, metadata, as('x/1'));
    expect(ownersOf(body)).toEqual({
      x: {
        'f:metadata': {
          'f:annotations': { '.': {}, 'f:example.com/c': {} },
          'f:finalizers': { '.': {}, 'v:"example.com/hold"': {} },
          'f:labels': { '.': {}, 'f:a': {} },
          'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} },
        },
      },
    });
    const map = configMap(newName(), { data: { a: 'b' } });
    const stored = (await admin.send('POST', configMaps, map, as('x/1'))).body;
    expect(ownersOf(stored)).toEqual({ x: { 'f:data': { '.': {}, 'f:a': {} } } });
  });

  it('an object with nothing in it belongs to nobody', async () => {
    expect((await context().newLease({})).metadata).not.toHaveProperty('managedFields');
  });

  it('what a writer changes becomes its own, and the rest stays with its owner', async () => {
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15 };
    const first = (await context().post(spec, { labels: { a: 'b' } }, as('first/1'))).body;
    const changed = withSpec(first, { holderIdentity: 'b' });
    const second = (await context().put(changed, as('second/1'))).body;
    expect(ownersOf(second)).toEqual({
      first: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
        'f:spec': { 'f:leaseDurationSeconds': {} },
      },
      second: { 'f:spec': { 'f:holderIdentity': {} } },
    });
    const emptied = withMetadata({ ...second, spec: { holderIdentity: 'b' } }, { labels: {} });
    const third = (await context().put(emptied, as('third/1'))).body;
    expect(ownersOf(third)).toEqual({ second: { 'f:spec': { 'f:holderIdentity': {} } } });
  });

  it('each write of a writer dates its entry anew', async () => {
    const timeOf = ({ metadata }: Document) =>
      Date.parse(metadata.managedFields?.at(-1)?.time ?? '');
    let object = await context().newLease();
    const first = timeOf(object);
    // The server dates in whole seconds, so the writes go on until a new one begins.
    const renew = async (): Promise<number> => {
      const version = object.metadata.resourceVersion.padStart(6, '0').slice(-6);
      object = await context().change(object, { renewTime: `2024-01-01T00:00:00.${version}Z` });
      return timeOf(object);
    };
    await expect.poll(renew, { timeout: 5000, interval: 100 }).toBeGreaterThan(first);
  });

  it('a client that leaves them out does not lose them', async () => {
    const spec = { holderIdentity: 'a', leaseTransitions: 1 };
    const first = (await context().post(spec, {}, as('first/1'))).body;
    const { managedFields, ...metadata } = first.metadata;
    expect(managedFields).toHaveLength(1);
    const changed = { ...withSpec(first, { holderIdentity: 'b' }), metadata };
    const second = (await context().put(changed, as('second/1'))).body;
    expect(ownersOf(second)).toEqual({
      first: { 'f:spec': { 'f:leaseTransitions': {} } },
      second: { 'f:spec': { 'f:holderIdentity': {} } },
    });
  });

  it('a client can wipe them, and then they are no longer kept', async () => {
    const first = await context().newLease();
    const wiped = await context().put(withMetadata(first, { managedFields: [{}] }));
    expect(wiped.body.metadata).not.toHaveProperty('managedFields');
    const later = await context().change(wiped.body, { holderIdentity: 'b' });
    expect(later.metadata).not.toHaveProperty('managedFields');
  });
};
