import { afterAll, beforeAll, describe } from 'vitest';

import { accessCases } from './cases/access.cases.js';
import { configMapCases } from './cases/config-map.cases.js';
import { createCases } from './cases/create.cases.js';
import { deleteCases } from './cases/delete.cases.js';
import { dryRunCases } from './cases/dry-run.cases.js';
import { eventCases } from './cases/event.cases.js';
import { leaseSpecCases } from './cases/lease-spec.cases.js';
import { lockCases } from './cases/lock.cases.js';
import { managedFieldsCases } from './cases/managed-fields.cases.js';
import { metadataCases } from './cases/metadata.cases.js';
import { partialCases } from './cases/partial.cases.js';
import { patchCases } from './cases/patch.cases.js';
import { readCases } from './cases/read.cases.js';
import { requestCases } from './cases/request.cases.js';
import { updateConflictCases } from './cases/update-conflict.cases.js';
import { updateCases } from './cases/update.cases.js';
import { watchHistoryCases } from './cases/watch-history.cases.js';
import { watchOptionCases } from './cases/watch-options.cases.js';
import { watchCases } from './cases/watch.cases.js';
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
