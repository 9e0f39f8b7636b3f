import type { EdgeTests } from '../support/edge-test.js';
import { acquiringEdges } from './acquiring.js';
import { datingEdges } from './dating.js';
import { electedEdges } from './elected.js';
import { leaseEdges } from './lease.js';
import { lostEdges } from './lost.js';
import { outerEdges } from './outer.js';
import { releasingEdges } from './releasing.js';
import { watchingEdges } from './watching.js';
import { workEdges } from './work.js';

/** One test for each transition of the chart, by the key of the transition. */
export const edgeTests: EdgeTests = {
  ...outerEdges,
  ...acquiringEdges,
  ...datingEdges,
  ...watchingEdges,
  ...electedEdges,
  ...leaseEdges,
  ...workEdges,
  ...releasingEdges,
  ...lostEdges,
};
