import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

/** What mostly waits: for leases to run out, for processes and servers to start, for a browser. */
const WAITING = [
  'test/{chaos,e2e,inspect,node}/**/*.test.ts',
  'test/cli/{*-on-real-server,on-real-server,run,run-*,watch,dev-server,hostile-text}.test.ts',
  'test/contract/*.test.ts',
  'test/metrics/failover.test.ts',
  'test/docs/{example-manifests,postgresql-lock,runbook-*}.test.ts',
  'test/regressions/exit.test.ts',
  'test/unit/kubernetes/phases.test.ts',
];

/**
 * Small files by the hundred, most of whose time is the start of a process and the loading of the same
 * modules: one process runs them one after the other. Not those that exchange modules, or take long.
 */
const SMALL = ['test/{model,unit}/**/*.test.ts'];
const NOT_SMALL = [
  'test/unit/hostile/*.test.ts',
  'test/unit/election/{exit,leaks,without-client-node}.test.ts',
  'test/unit/kubernetes/pod-kube-config.test.ts',
  'test/unit/testing/election-paths.test.ts',
];

/** The longest, which come first: whatever begins last is waited for alone. */
const LONG = [
  ...['/sim/', '/spec/', '/chaos/', '/metrics/failover', '/cli/run', '/contract/real', '/node/'],
  ...['/e2e/', '/inspect/page', '/inspect/cluster', '/cli/'],
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      // Side by side, since a process goes on only to one of its kind.
      if (project.name === 'small') return LONG.length + 1;
      const index = LONG.findIndex((part) => moduleId.includes(part));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// The examples name the package as users do. Its sources stand in for it: nothing is built yet.
const resolve = {
  alias: [
    { find: /^k8s-leader-election$/, replacement: source('index.ts') },
    { find: /^k8s-leader-election\/gate$/, replacement: source('gate.ts') },
  ],
};

const limits = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 120_000,
  // Machines that run tests are shared: a second, the default, is no time at all on some.
  expect: { poll: { timeout: 10_000 } },
} as const;

/**
 * Two groups of files, one after the other, so that nothing computes beside tests of real time. Of
 * those that wait, more run at once than there are cores.
 */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    globalSetup: 'test/support/prepare.ts',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        test: {
          ...limits,
          name: 'computing',
          include: ['test/!(model|unit)/**/*.test.ts', ...NOT_SMALL],
          exclude: [...configDefaults.exclude, ...WAITING],
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        test: {
          ...limits,
          name: 'small',
          include: SMALL,
          exclude: [...configDefaults.exclude, ...WAITING, ...NOT_SMALL],
          isolate: false,
          setupFiles: 'test/support/take-back.ts',
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        test: {
          ...limits,
          name: 'waiting',
          include: WAITING,
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
