import { expect, it } from 'vitest';

import { type DefineCases, byName, from } from '../context.js';

/** How long the server may take to be itself again after it has been made to forget. */
const RESTART_MS = 90_000;

export const watchHistoryCases: DefineCases = (context) => {
  it(
    'a watch from a version that is forgotten is told so with 410, inside the stream',
    async () => {
      const { admin, leases, target } = context();
      const first = await context().newLease();
      const second = await context().change(first, { holderIdentity: 'b' });
      await target.forgetHistory();
      const watch = await admin.watch(leases, { ...byName(first), ...from(first) });
      const event = await watch.next();
      expect(event?.type).toBe('ERROR');
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure' };
      expect(event?.object).toMatchObject({ ...status, reason: 'Expired', code: 410 });
      const { resourceVersion } = first.metadata;
      expect(event?.object.message).toMatch(
        new RegExp(`^too old resource version: ${resourceVersion} \\(\\d+\\)$`),
      );
      expect(await watch.next()).toBeNull();

      const list = (await context().list(byName(first))).body;
      expect(list.items.map(({ metadata }) => metadata)).toEqual([second.metadata]);
      const anew = await admin.watch(leases, { ...byName(first), ...from(list) });
      const third = await context().change(second, { holderIdentity: 'c' });
      expect(await anew.next()).toEqual({ type: 'MODIFIED', object: third });
      anew.close();
    },
    RESTART_MS,
  );
};
