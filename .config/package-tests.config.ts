import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The tests of the packed package: they need `npm run build` first, and install packages. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/package/**/*.check.ts'],
    globalSetup: 'test/package/support/prepare.ts',
    maxWorkers: 2,
    testTimeout: 120_000,
  },
});
