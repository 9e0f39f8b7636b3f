import type { TestProject } from 'vitest/node';
import { prepareFor } from './preparations.js';

/**
 * Run by vitest before the first test: what the selected test files need and is not in the cache is
 * built here, outside of any test's time limit, and with no test beside it that the compilers would
 * starve. A run of unit tests alone builds nothing.
 */
export async function setup(project: TestProject): Promise<void> {
  await prepareFor(project.vitest.state.getPaths());
  // When watching, other files than at first may be run later.
  project.onTestsRerun((files) => prepareFor(files.map(({ moduleId }) => moduleId)));
}
