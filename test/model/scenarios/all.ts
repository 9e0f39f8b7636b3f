import type { EdgeTests } from '../support/edge-test.js';
import { candidateScenarios } from './candidate.js';
import { deadlineScenarios } from './deadline.js';
import { endingScenarios } from './ending.js';
import { failureScenarios } from './failures.js';
import { coldStartScenarios } from './cold-start.js';
import { holdingScenarios } from './holding.js';
import { interleavingScenarios } from './interleavings.js';
import { lateWriteScenarios } from './late-writes.js';
import { newsScenarios } from './news.js';
import { vanishingScenarios } from './vanishing.js';
import { watchingScenarios } from './watching.js';

/** Short stories that take several transitions of the chart, and leave it at the right moment. */
export const scenarios: EdgeTests = {
  ...candidateScenarios,
  ...failureScenarios,
  ...deadlineScenarios,
  ...holdingScenarios,
  ...endingScenarios,
  ...watchingScenarios,
  ...newsScenarios,
  ...coldStartScenarios,
  ...interleavingScenarios,
  ...lateWriteScenarios,
  ...vanishingScenarios,
};
