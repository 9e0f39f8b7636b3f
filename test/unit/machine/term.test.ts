import { describe, expect, it, vi } from 'vitest';
import { TermHandle } from '../../../src/term/term.js';
import { NotLeaderError } from '../../../src/errors/not-leader-error.js';
import { settle, VirtualClock } from '../../../src/testing/virtual-clock.js';
import { deferred } from '../../model/support/deferred.js';

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

describe('onStoppedLeading', () => {
  it('has come to its end where it was never called', async () => {
    await expect(term().handle.stopSettled).resolves.toBeUndefined();
  });

  it('is called at once, and has come to its end when it returns and not before', async () => {
    const { handle } = term();
    const stopping = deferred();
    const tell = vi.fn(() => stopping.promise);
    const told = handle.tellStopped(tell);
    expect(tell).toHaveBeenCalledOnce();
    const ended = vi.fn();
    void handle.stopSettled.then(ended);
    await settle();
    expect(ended).not.toHaveBeenCalled();
    stopping.resolve();
    await expect(told).resolves.toBeUndefined();
    await settle();
    expect(ended).toHaveBeenCalledOnce();
  });

  it('has come to its end when it rejects, which only who told it hears', async () => {
    const { handle } = term();
    const error = new Error('could not close the file');
    const told = handle.tellStopped(() => Promise.reject(error));
    await expect(handle.stopSettled).resolves.toBeUndefined();
    await expect(told).rejects.toBe(error);
  });

  it('has come to its end when it throws, which only who told it hears', async () => {
    const { handle } = term();
    const error = new Error('not even begun');
    const told = handle.tellStopped(() => {
      throw error;
    });
    await expect(handle.stopSettled).resolves.toBeUndefined();
    await expect(told).rejects.toBe(error);
  });
});
