import { afterEach, expect, it, vi } from 'vitest';
import { catchSignals } from '../../../src/cli/run/signals.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('takes a key for one that npm passes on a moment later, and what is sent later for more', () => {
  const taken: string[] = [];
  const leave = catchSignals((signal) => taken.push(signal));
  const now = vi.spyOn(performance, 'now');
  const send = (signal: NodeJS.Signals, atMs: number): void => {
    now.mockReturnValue(atMs);
    process.emit(signal, signal);
  };

  send('SIGINT', 1000);
  send('SIGINT', 1004);
  send('SIGTERM', 1005);
  send('SIGINT', 1400);
  send('SIGUSR1', 1500);
  send('SIGUSR1', 1500);
  leave();

  expect(taken).toEqual(['SIGINT', 'SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGUSR1']);
});
