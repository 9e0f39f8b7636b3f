import { afterEach, expect, it, vi } from 'vitest';
import { goByContainer } from '../../../src/cli/run/container-evidence.js';
import type { KubeConfigLike } from '../../../src/kubernetes/kube-config-like.js';
import { isOfThisInstance } from '../../../src/lock/evidence/death.js';
import { groundsFor, REAL } from '../../../src/lock/evidence/grounds.js';
import type { HolderProcess } from '../../../src/lock/evidence/holder.js';
import type { OwnProcess } from '../../../src/lock/evidence/own-process.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const kubeConfig: KubeConfigLike = {
  getCurrentContext: () => 'test',
  getContextObject: () => null,
  getCurrentCluster: () => null,
  getCurrentUser: () => null,
  applyToHTTPSOptions: () => Promise.resolve(),
};

it.runIf(process.platform === 'linux')(
  'the death of run alone is seen by nobody in its container, whose end counts as that of any',
  async () => {
    vi.stubEnv('POD_UID', '7b3f2c1e-0000-4000-8000-000000000001');
    vi.stubEnv('CONTAINER_NAME', 'app');
    goByContainer(kubeConfig);
    const run = (await groundsFor(kubeConfig).process()) as OwnProcess;
    const library = (await REAL.process()) as OwnProcess;
    expect(library.pidNamespace).not.toBeNull();
    expect(run).toEqual({
      ...library,
      pidNamespace: null,
      startOf: expect.any(Function) as unknown,
    });
    const holder: HolderProcess = { ...run, container: 'app' };
    expect(isOfThisInstance(holder, library)).toBe(false);
    expect(isOfThisInstance(holder, run)).toBe(false);
  },
);
