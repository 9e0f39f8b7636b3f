import { expect, it } from 'vitest';

import { type DefineCases, newLease, withSpec } from '../context.js';

/** How long the server may take to be itself again after it has been made to forget. */
const RESTART_MS = 90_000;

export const watchHistoryCases: DefineCases = (context) => {
  it(
    'a watch from a version that is forgotten is told so with 410, inside the stream',
    async () => {
      const { admin, leases, target } = context();
      const first = await newLease(context());
      const path = `${leases}/${first.metadata.name}`;
      const second = (await admin.send('PUT', path, withSpec(first, { holderIdentity: 'b' }))).body;
      await target.forgetHistory();
      const { resourceVersion } = first.metadata;
      const fieldSelector = `metadata.name=${first.metadata.name}`;
      const watch = await admin.watch(leases, { fieldSelector, resourceVersion });
      const event = await watch.next();
      expect(event?.type).toBe('ERROR');
      expect(event?.object).toMatchObject({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason: 'Expired',
        code: 410,
      });
      expect(event?.object.message).toMatch(
        new RegExp(`^too old resource version: ${resourceVersion} \\(\\d+\\)$`),
      );
      expect(await watch.next()).toBeNull();

      const list = (await admin.send('GET', leases, undefined, { query: { fieldSelector } })).body;
      expect(list.items.map(({ metadata }) => metadata)).toEqual([second.metadata]);
      const anew = await admin.watch(leases, {
        fieldSelector,
        resourceVersion: list.metadata.resourceVersion,
      });
      const third = (await admin.send('PUT', path, withSpec(second, { holderIdentity: 'c' }))).body;
      expect(await anew.next()).toEqual({ type: 'MODIFIED', object: third });
      anew.close();
    },
    RESTART_MS,
  );
};
