import { defineConfig } from 'vitest/config';
import tests from '../vitest.config.js';

/** The tests as ever, but with the seeded bug that the environment names, and no API server. */
export default defineConfig({
  ...tests,
  test: {
    ...tests.test,
    globalSetup: [],
    setupFiles: ['test/regressions/seeded-bugs/setup.ts'],
  },
});
