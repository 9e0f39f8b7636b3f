import type { EdgeTests } from '../support/edge-test.js';
import { acquiringEdges } from './acquiring.js';
import { datingEdges } from './dating.js';
import { drainingEdges } from './draining.js';
import { electedEdges } from './elected.js';
import { lostEdges } from './lost.js';
import { newsEdges } from './news.js';
import { outerEdges } from './outer.js';
import { releasingEdges } from './releasing.js';
import { renewalEdges } from './renewal.js';
import { watchingEdges } from './watching.js';

/** One test for each transition of the chart, by the key of the transition. */
export const edgeTests: EdgeTests = {
  ...outerEdges,
  ...acquiringEdges,
  ...datingEdges,
  ...watchingEdges,
  ...electedEdges,
  ...newsEdges,
  ...renewalEdges,
  ...drainingEdges,
  ...releasingEdges,
  ...lostEdges,
};
