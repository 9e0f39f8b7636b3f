import { expect, test, vi } from 'vitest';
import { TermHandle } from '../../../src/term/term.js';
import { NotLeaderError } from '../../../src/errors/not-leader-error.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

function begin(clock: VirtualClock): TermHandle {
  return new TermHandle({
    identity: 'me',
    version: '7',
    validFrom: clock.now(),
    renewDeadlineMs: 10_000,
    clock,
  });
}

test('a signal that the work has kept is aborted at the first look after the deadline', () => {
  const clock = new VirtualClock();
  const { signal } = begin(clock);
  let told = 0;
  signal.addEventListener('abort', () => (told += 1));
  clock.freeze(9_999);
  expect(signal.aborted).toBe(false);
  expect(() => {
    signal.throwIfAborted();
  }).not.toThrow();
  clock.freeze(1);
  expect(signal.aborted).toBe(true);
  expect(told).toBe(1);
  expect(signal.reason).toBeInstanceOf(NotLeaderError);
});

test('throwIfAborted is such a look, too', () => {
  const clock = new VirtualClock();
  const { signal } = begin(clock);
  clock.freeze(20_000);
  expect(() => {
    signal.throwIfAborted();
  }).toThrow(NotLeaderError);
});

test('a signal combined from it by AbortSignal.any is aborted with it', () => {
  const clock = new VirtualClock();
  const term = begin(clock);
  const any = AbortSignal.any([term.signal, new AbortController().signal]);
  expect(any.aborted).toBe(false);
  term.drain();
  expect(any.aborted).toBe(true);
  expect(any.reason).toBeInstanceOf(NotLeaderError);
});

test('fetch with the signal of a term that is over does not begin', async () => {
  const clock = new VirtualClock();
  const { signal } = begin(clock);
  clock.freeze(20_000);
  await expect(fetch('http://127.0.0.1:9/', { signal })).rejects.toThrow(NotLeaderError);
});

test('its listeners are told where a signal that says it is aborted would not be aborted: in Deno', () => {
  const { abort } = AbortController.prototype;
  const asInDeno = vi.spyOn(AbortController.prototype, 'abort');
  asInDeno.mockImplementation(function (this: AbortController, reason) {
    if (!this.signal.aborted) abort.call(this, reason);
  });
  const term = begin(new VirtualClock());
  let told = 0;
  term.signal.addEventListener('abort', () => (told += 1));
  term.drain();
  asInDeno.mockRestore();
  expect(told).toBe(1);
  expect(term.signal.aborted).toBe(true);
});
