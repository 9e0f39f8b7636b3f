import { type Mock, vi } from 'vitest';
import type { Logger } from '../../../../src/index.js';

/** A logger that keeps what it was told. */
export function spyLogger(): Logger & { readonly error: Mock } {
  return { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
}
