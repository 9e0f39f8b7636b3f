import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A mutant dies at the first test that fails, so what is quick and close to it comes first. */
const ORDER = [
  '/test/mutation/',
  '/test/model/',
  '/unit/machine/',
  '/unit/lock/',
  '/unit/time/',
  '/unit/',
];

class ClosestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      ORDER.findIndex((part) => moduleId.includes(part));
    const sorted = [...files].sort(
      (a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId),
    );
    return Promise.resolve(sorted);
  }
}

/**
 * The tests that mutants are held against: those of the chart, the election and the record, which
 * take no time. Left out are those that test something else: the tests of the chart, the timers of
 * test runners, and what is left behind in memory; and the transitions under names that come from the
 * chart.
 */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: [
      'test/mutation/loading.test.ts',
      'test/mutation/transitions.ts',
      'test/model/*.test.ts',
      'test/unit/{election,lock,machine,time}/**/*.test.ts',
    ],
    exclude: [
      'test/model/{deletion,edges}.test.ts',
      'test/unit/election/leaks.test.ts',
      'test/unit/time/faked-timers.test.ts',
    ],
    isolate: false,
    fileParallelism: false,
    sequence: { sequencer: ClosestFirst },
    testTimeout: 10_000,
  },
});
