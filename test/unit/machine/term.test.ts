import { expect, it } from 'vitest';
import { TermHandle } from '../../../src/election/term.js';
import { NotLeaderError } from '../../../src/errors/not-leader-error.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

function term(): { clock: VirtualClock; handle: TermHandle } {
  const clock = new VirtualClock();
  const handle = new TermHandle({
    identity: 'me',
    version: '101',
    validFrom: clock.now(),
    renewDeadlineMs: 10_000,
    clock,
  });
  return { clock, handle };
}

it('who leads may assert it, up to the deadline', () => {
  const { clock, handle } = term();
  clock.freeze(9_999);
  expect(() => {
    handle.assertLeading();
  }).not.toThrow();
  clock.freeze(1);
  expect(() => {
    handle.assertLeading();
  }).toThrow(NotLeaderError);
});

it('who drains leads no more, though the lock is held', () => {
  const { handle } = term();
  handle.drain();
  expect(handle.holdsLock()).toBe(true);
  expect(() => {
    handle.assertLeading();
  }).toThrow(NotLeaderError);
});
