import { afterAll, vi } from 'vitest';

// Of files that share a process: what one has put in the place of something is there for none after it.
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
