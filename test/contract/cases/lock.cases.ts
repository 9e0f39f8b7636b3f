import type { KubeConfig } from '@kubernetes/client-node';
import { describe, it } from 'vitest';
import { ConfigMapLock, LeaseLock } from '../../../src/index.js';
import { testResourceLock } from '../../../src/testing.js';
import { base64, kubeConfig } from '../../unit/kubernetes/support/kube-configs.js';
import type { Context, DefineCases } from '../context.js';

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
        new Lock({ ...lock, namespace: context().namespace, kubeConfig: kubeConfigOf(context()) }),
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

const kubeConfigs = new WeakMap<Context, KubeConfig>();

/** One for all locks, which share its connections, as those of one process do. */
function kubeConfigOf(context: Context): KubeConfig {
  const known = kubeConfigs.get(context);
  if (known !== undefined) return known;
  const { url, ca, token } = context.target;
  const trust = ca === undefined ? {} : { caData: base64(ca) };
  const made = kubeConfig({ server: url, ...trust }, { token: token('candidate') });
  kubeConfigs.set(context, made);
  return made;
}
