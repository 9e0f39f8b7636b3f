import { afterAll, beforeAll, describe } from 'vitest';

import { deleteCases } from './cases/delete.cases.js';
import { lockCases } from './cases/lock.cases.js';
import {
  configMapCases,
  createCases,
  eventCases,
  leaseSpecCases,
  metadataCases,
} from './cases/objects.cases.js';
import { partialCases, readCases } from './cases/reads.cases.js';
import { accessCases, requestCases } from './cases/requests.cases.js';
import {
  dryRunCases,
  managedFieldsCases,
  patchCases,
  updateCases,
  updateConflictCases,
} from './cases/updates.cases.js';
import { watchCases, watchHistoryCases, watchOptionCases } from './cases/watches.cases.js';
import { Context, type DefineCases } from './context.js';
import type { Target } from './target.js';

const groups: readonly [name: string, namespace: string, define: DefineCases][] = [
  ['reading', 'reading', readCases],
  ['creating', 'creating', createCases],
  ['metadata', 'metadata', metadataCases],
  ['the spec of a Lease', 'lease-spec', leaseSpecCases],
  ['ConfigMaps', 'config-maps', configMapCases],
  ['Events', 'events', eventCases],
  ['updating', 'updating', updateCases],
  ['updating from what is no longer there', 'conflicts', updateConflictCases],
  ['managed fields', 'managed-fields', managedFieldsCases],
  ['metadata alone', 'partial', partialCases],
  ['writing on trial', 'dry-run', dryRunCases],
  ['patching', 'patching', patchCases],
  ['deleting', 'deleting', deleteCases],
  ['access', 'access', accessCases],
  ['requests that make no sense', 'requests', requestCases],
  ['watching', 'watching', watchCases],
  ['asking for a watch', 'watch-options', watchOptionCases],
  ['watching from the past', 'history', watchHistoryCases],
  ['locks', 'locks', lockCases],
];

/**
 * What clients of leader election rely on in a Kubernetes API server. The same cases run against
 * the embedded server and against a real one, so that tests on the embedded one mean something.
 */
export function describeKubernetesApi(name: string, start: () => Promise<Target>): void {
  describe(name, () => {
    let target: Target;
    beforeAll(async () => {
      target = await start();
    });
    afterAll(async () => {
      await target.stop();
    });
    describe.each(groups)('%s', (_, namespace, define) => {
      let context: Context;
      beforeAll(async () => {
        await target.createNamespace(namespace);
        context = new Context(target, namespace);
      });
      define(() => context);
    });
  });
}
