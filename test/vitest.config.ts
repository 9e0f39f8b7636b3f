import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

/** What computes for minutes, in virtual time: it takes what the others leave of the processors. */
const BACKGROUND = ['test/{sim,spec}/**/*.test.ts'];

/**
 * Small files by the hundred, most of whose time is the start of a process and the loading of the same
 * modules: one process runs them one after the other. Not those that exchange modules, or take long.
 */
const SMALL_FOLDERS = 'bench|interop|model|package|support|unit';
const SMALL_FILES = [
  'test/cli/{check-manifest,docs,judge,lease-guard}.test.ts',
  'test/docs/{architecture,generated,links,manifests,reading-order,tables}.test.ts',
  'test/inspect/{headline,history,observing,options,page-words,secrets,server,web-socket}.test.ts',
  'test/mutation/loading.test.ts',
  'test/regressions/!(exit|index).test.ts',
];
const NOT_SMALL = [
  'test/unit/hostile/*.test.ts',
  'test/unit/election/{exit,leaks,without-client-node}.test.ts',
  'test/unit/kubernetes/pod-kube-config.test.ts',
  'test/unit/testing/election-paths.test.ts',
  'test/unit/kubernetes/phases.test.ts',
];

/** The longest, which come first: whatever begins last is waited for alone. */
const LONG = (
  '/sim/sim /spec/ /chaos/ /metrics/failover /e2e/demo /cli/run /contract/real ' +
  '/node/ /e2e/ /sim/ /inspect/ /cli/ /kubernetes/phases /docs/ /hostile/ /exit'
).split(' ');

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
  // Machines that run tests are shared, and these run side by side: whoever waits for something is patient.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 60_000 } },
} as const;

/**
 * More files run at once than there are cores, since most of what takes long waits: for leases to run
 * out, for processes and servers to start, for a browser.
 */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    globalSetup: 'test/support/prepare.ts',
    maxWorkers: 5,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        test: {
          ...limits,
          name: 'background',
          include: BACKGROUND,
          setupFiles: 'test/support/give-way.ts',
        },
      },
      {
        resolve,
        test: {
          ...limits,
          name: 'others',
          include: [`test/!(${SMALL_FOLDERS})/**/*.test.ts`, ...NOT_SMALL],
          exclude: [...configDefaults.exclude, ...BACKGROUND, ...SMALL_FILES],
        },
      },
      {
        resolve,
        test: {
          ...limits,
          name: 'small',
          include: [`test/@(${SMALL_FOLDERS})/**/*.test.ts`, ...SMALL_FILES],
          exclude: [...configDefaults.exclude, ...NOT_SMALL],
          isolate: false,
          setupFiles: 'test/support/take-back.ts',
        },
      },
    ],
  },
});
