import assert from 'node:assert/strict';
import { record } from '../../support/controllable-lock.js';
import type { EdgeTests } from '../support/edge-test.js';
import { objectAsking } from '../support/step-down.js';
import { toHoldingBack, toLeading } from '../support/paths.js';

const watched = { watched: true } as const;

/** Two things at a time, and which of them counts. */
export const interleavingScenarios: EdgeTests = {
  'both: a claim that was beaten, and stop while it was under way': async (start) => {
    const c = start(watched);
    await toHoldingBack(c);
    await c.clock.advance(0);
    await c.send({ type: 'stop' });
    await c.lock.watching.changed(c.lock.snapshot(record({ holderIdentity: 'faster' })));
    await c.answer('update', c.lock.failure('conflict'));
    c.at('releasing.checking');
  },

  'both: another holder, and the request that we step down': async (start) => {
    const c = start(watched);
    await toLeading(c);
    const object = objectAsking(c.context.lease!.record);
    const thief = record({ holderIdentity: 'thief' });
    await c.lock.watching.changed(c.lock.snapshot(thief, null, object));
    c.at('lost.notifying');
    assert.deepEqual(c.stopReasons, ['superseded']);
  },

  'both: a record that is wiped out early in a period, and a write that fails': async (start) => {
    const c = start(watched);
    await toLeading(c);
    await c.clock.advance(300);
    await c.lock.watching.tell(c.lock.deletion());
    await c.answer('create', c.lock.failure('network'));
    await c.lock.expectIdle();
    await c.clock.advance(125);
    await c.lock.expectCall('get');
  },
};
