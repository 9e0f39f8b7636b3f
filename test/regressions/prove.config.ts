import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import tests from '../vitest.config.js';

const projects = (tests.test?.projects ?? []) as readonly TestProjectInlineConfiguration[];

/** The tests as ever, but with the seeded bug that the environment names, and no API server. */
export default defineConfig({
  ...tests,
  test: {
    ...tests.test,
    globalSetup: [],
    // A project takes nothing over from what stands around it.
    projects: projects.map((project) => ({
      ...project,
      // And no file runs beside modules that are not replaced yet.
      test: {
        ...project.test,
        isolate: true,
        setupFiles: ['test/regressions/seeded-bugs/setup.ts'],
      },
    })),
  },
});
