import { modulesOf } from './imports.js';
import { MissingToolError } from './missing-tool-error.js';
import { report } from './progress.js';

/** Something that is built, fetched or installed before the first test that needs it. */
export interface Preparation {
  readonly what: string;
  /** The module that gives it: test files that load it, in whatever way, need it. */
  readonly module: string;
  readonly prepare: () => Promise<unknown>;
}

/**
 * One after the other, since a build takes all cores. The modules are loaded when they are needed:
 * whoever loads this one does not need all of it.
 */
export const PREPARATIONS: readonly Preparation[] = [
  {
    what: 'nginx and libfaketime',
    module: 'test/support/nginx.ts',
    prepare: async () => (await import('./nginx.js')).ensureNginx(),
  },
  {
    what: 'kube-apiserver and etcd',
    module: 'test/support/build-apiserver.ts',
    prepare: async () => (await import('./build-apiserver.js')).ensureApiServerBinaries(),
  },
  {
    what: 'kubelet, containerd and runc',
    module: 'test/node/build.ts',
    prepare: async () => (await import('../node/build.js')).ensureNodePrograms(),
  },
  {
    what: 'kubectl',
    module: 'test/kubectl/build.ts',
    prepare: async () => (await import('../kubectl/build.js')).ensureKubectl(),
  },
  {
    what: 'the client-go candidate',
    module: 'test/peers/client-go/build.ts',
    prepare: async () => (await import('../peers/client-go/build.js')).ensureClientGoCandidate(),
  },
  {
    what: 'the Python client',
    module: 'test/peers/python/build.ts',
    prepare: async () => (await import('../peers/python/build.js')).ensurePythonClient(),
  },
  {
    what: 'the fabric8 candidate',
    module: 'test/peers/fabric8/build.ts',
    prepare: async () => (await import('../peers/fabric8/build.js')).ensureFabric8Candidate(),
  },
  {
    what: 'the kube-rs candidate',
    module: 'test/peers/kube-rs/build.ts',
    prepare: async () => (await import('../peers/kube-rs/build.js')).ensureKubeRsCandidate(),
  },
  {
    what: 'PostgreSQL',
    module: 'test/support/postgresql.ts',
    prepare: async () => (await import('./postgresql.js')).ensurePostgresql(),
  },
  {
    what: 'TLC',
    module: 'test/spec/tlc.ts',
    prepare: async () => (await import('../spec/tlc.js')).findTlc(),
  },
  {
    what: 'promtool',
    module: 'test/metrics/support/promtool.ts',
    prepare: async () => (await import('../metrics/support/promtool.js')).findPromtool(),
  },
  {
    what: 'Chromium',
    module: 'test/inspect/support/chromium.ts',
    prepare: async () => (await import('../inspect/support/chromium.js')).ensureChromium(),
  },
  {
    what: 'iproute2',
    module: 'test/support/network-namespace.ts',
    prepare: async () => (await import('./network-namespace.js')).ensureIp(),
  },
];

/** What these test files need; a file of unit tests needs nothing. */
export function preparationsFor(testFiles: Iterable<string>): Preparation[] {
  const loaded = modulesOf(testFiles);
  return PREPARATIONS.filter(({ module }) => loaded.has(module));
}

/** Prepares what these test files need. What cannot be had fails its own tests and no others. */
export async function prepareFor(testFiles: Iterable<string>): Promise<void> {
  for (const { what, prepare } of preparationsFor(testFiles)) {
    try {
      await prepare();
    } catch (error) {
      // The tests concerned say so themselves, skipped away from CI.
      if (error instanceof MissingToolError) continue;
      report(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
