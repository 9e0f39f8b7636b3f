import type { Candidate } from '../support/candidate.js';
import type { EdgeTests } from '../support/edge-test.js';
import { toHoldingBack, toWatching } from '../support/paths.js';

/** With this, a look at a lock without news comes after 6.3 s. */
const midway = { watched: true, random: () => 0.8 } as const;

/** The watch tells that the lock, or the record in it, is gone. */
const vanish: Readonly<Record<string, (c: Candidate) => Promise<void>>> = {
  deleted: (c) => c.lock.watching.tell(c.lock.deletion()),
  'wiped out': (c) => c.lock.watching.changed(c.lock.snapshot(null)),
};

/** A scenario for each way in which a lock can vanish. */
function each(name: (how: string) => string, test: (how: string) => EdgeTests[string]): EdgeTests {
  return Object.fromEntries(Object.keys(vanish).map((how) => [name(how), test(how)]));
}

/** What a candidate does about a lock that vanishes under a holder. */
export const vanishingScenarios: EdgeTests = {
  ...each(
    (how) => `vanishing: a lock that is ${how} is waited for anew`,
    (how) => async (start) => {
      const c = start(midway);
      await toWatching(c);
      await c.clock.advance(1_000);
      await vanish[how]!(c);
      await c.after(6_320, 'participating.acquiring.waiting', 'participating.acquiring.reading');
      await c.answer('get', c.lock.failure('notFound'));
      await c.clock.advance(6_320);
      await c.answer('get', c.lock.failure('notFound'));
      // A whole lease after it vanished, and after another look.
      await c.after(
        2_360,
        'participating.acquiring.waiting',
        'participating.acquiring.holdingBack',
      );
      await c.clock.advance(24);
      await c.answer('get', c.lock.failure('notFound'));
      c.at('participating.acquiring.claiming');
      await c.lock.expectCall('create');
    },
  ),

  ...each(
    (how) => `vanishing: who holds back from a lock that is ${how} waits for it`,
    (how) => async (start) => {
      const c = start(midway);
      await toHoldingBack(c);
      await vanish[how]!(c);
      c.at('participating.acquiring.waiting');
      await c.after(6_320, 'participating.acquiring.waiting', 'participating.acquiring.reading');
    },
  ),
};
