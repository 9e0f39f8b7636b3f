import { expect, it } from 'vitest';

import {
  type DefineCases,
  configMap,
  lease,
  newLease,
  withMetadata,
  withSpec,
} from '../context.js';
import type { ManagedFields } from '../raw-client.js';

const as = (agent: string): { headers: Record<string, string> } => ({
  headers: { 'user-agent': agent },
});

function ownership(entries: readonly ManagedFields[] | undefined): Record<string, unknown> {
  return Object.fromEntries((entries ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));
}

export const managedFieldsCases: DefineCases = (context) => {
  it('a new object belongs to its writer, named by the first word of User-Agent', async () => {
    const { admin, leases, newName } = context();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const body = lease(newName(), { holderIdentity: 'a' });
    const reply = await admin.send('POST', leases, body, as('some elector/1.0 (linux)'));
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

  it('a writer can name itself', async () => {
    const { admin, leases, newName } = context();
    const body = lease(newName(), { holderIdentity: 'a' });
    const query = { fieldManager: 'myself' };
    const reply = await admin.send('POST', leases, body, { query, ...as('agent/1') });
    expect(reply.body.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['myself']);
  });

  it('a writer without a name is unknown', async () => {
    const { metadata } = await newLease(context());
    expect(metadata.managedFields?.map(({ manager }) => manager)).toEqual(['unknown']);
  });

  it('maps, lists and plain fields are owned each in its way', async () => {
    const { admin, leases, configMaps, newName } = context();
    const metadata = {
      labels: { a: 'b' },
      annotations: { 'example.com/c': 'd' },
      finalizers: ['example.com/hold'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }],
    };
    const { body } = await admin.send('POST', leases, lease(newName(), {}, metadata), as('x/1'));
    expect(ownership(body.metadata.managedFields)).toEqual({
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
    expect(ownership(stored.metadata.managedFields)).toEqual({
      x: { 'f:data': { '.': {}, 'f:a': {} } },
    });
  });

  it('an object with nothing in it belongs to nobody', async () => {
    const { metadata } = await newLease(context(), {});
    expect(metadata).not.toHaveProperty('managedFields');
  });

  it('what a writer changes becomes its own, and the rest stays with its owner', async () => {
    const { admin, leases, newName } = context();
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15 };
    const body = lease(newName(), spec, { labels: { a: 'b' } });
    const first = (await admin.send('POST', leases, body, as('first/1'))).body;
    const changed = withSpec(first, { holderIdentity: 'b' });
    const path = `${leases}/${first.metadata.name}`;
    const second = (await admin.send('PUT', path, changed, as('second/1'))).body;
    expect(ownership(second.metadata.managedFields)).toEqual({
      first: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
        'f:spec': { 'f:leaseDurationSeconds': {} },
      },
      second: { 'f:spec': { 'f:holderIdentity': {} } },
    });
    const emptied = withMetadata({ ...second, spec: { holderIdentity: 'b' } }, { labels: {} });
    const third = (await admin.send('PUT', path, emptied, as('third/1'))).body;
    expect(ownership(third.metadata.managedFields)).toEqual({
      second: { 'f:spec': { 'f:holderIdentity': {} } },
    });
  });

  it('each write of a writer dates its entry anew', async () => {
    const { admin, leases } = context();
    const { name } = (await newLease(context(), { renewTime: '2024-01-01T00:00:00.000000Z' }))
      .metadata;
    const path = `${leases}/${name}`;
    const timeNow = async (): Promise<number> => {
      const { body } = await admin.send('GET', path);
      return Date.parse(body.metadata.managedFields?.at(-1)?.time ?? '');
    };
    const first = await timeNow();
    // The server dates in whole seconds, so the writes go on until a new one begins.
    let renewals = 0;
    await expect
      .poll(
        async () => {
          renewals += 1;
          const { body } = await admin.send('GET', path);
          const renewTime = `2024-01-01T00:00:00.${String(renewals).padStart(6, '0')}Z`;
          const reply = await admin.send('PUT', path, withSpec(body, { renewTime }));
          expect(reply.status).toBe(200);
          return timeNow();
        },
        { timeout: 5000, interval: 100 },
      )
      .toBeGreaterThan(first);
  });

  it('a client that leaves them out does not lose them', async () => {
    const { admin, leases, newName } = context();
    const body = lease(newName(), { holderIdentity: 'a', leaseTransitions: 1 });
    const first = (await admin.send('POST', leases, body, as('first/1'))).body;
    const { managedFields, ...metadata } = first.metadata;
    expect(managedFields).toHaveLength(1);
    const changed = { ...withSpec(first, { holderIdentity: 'b' }), metadata };
    const path = `${leases}/${first.metadata.name}`;
    const second = (await admin.send('PUT', path, changed, as('second/1'))).body;
    expect(ownership(second.metadata.managedFields)).toEqual({
      first: { 'f:spec': { 'f:leaseTransitions': {} } },
      second: { 'f:spec': { 'f:holderIdentity': {} } },
    });
  });

  it('a client can wipe them, and then they are no longer kept', async () => {
    const { admin, leases } = context();
    const first = await newLease(context());
    const path = `${leases}/${first.metadata.name}`;
    const wiped = await admin.send('PUT', path, withMetadata(first, { managedFields: [{}] }));
    expect(wiped.body.metadata).not.toHaveProperty('managedFields');
    const later = await admin.send('PUT', path, withSpec(wiped.body, { holderIdentity: 'b' }));
    expect(later.body.metadata).not.toHaveProperty('managedFields');
  });
};
