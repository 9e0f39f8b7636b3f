import { describe, it } from 'vitest';
import { ConfigMapLock, LeaseLock } from '../../../src/index.js';
import { testResourceLock } from '../../../src/testing.js';
import type { DefineCases } from '../context.js';
import { kubeConfigOf } from '../target.js';

/* The locks of this package, by the suite that it has for all locks. */

const KINDS = [
  ['LeaseLock', LeaseLock],
  ['ConfigMapLock', ConfigMapLock],
] as const;

export const lockCases: DefineCases = (context) => {
  describe.each(KINDS)('%s', (name, Lock) => {
    testResourceLock({
      test: it,
      create: (lock) =>
        new Lock({
          ...lock,
          namespace: context().namespace,
          kubeConfig: kubeConfigOf(context().target, 'candidate'),
        }),
      remove: async (object) => {
        const { admin, leases, configMaps } = context();
        await admin.send('DELETE', `${name === 'LeaseLock' ? leases : configMaps}/${object}`);
      },
      interrupt: () => context().target.cutWatches(),
      methods: ['watch', 'writtenAgo'],
      timeoutMs: 20_000,
    });
  });
};
