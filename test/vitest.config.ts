import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  // The examples name the package as users do. Its sources stand in for it: nothing is built yet.
  resolve: {
    alias: [{ find: /^k8s-leader-election$/, replacement: source('index.ts') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/prepare.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Machines that run tests are shared: a second, the default, is no time at all on some.
    expect: { poll: { timeout: 10_000 } },
  },
});
