import { vi } from 'vitest';
import { main } from '../../../src/cli/main.js';

export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line inside this process, for commands that start no others. */
export async function callCli(...argv: readonly string[]): Promise<Called> {
  const lines = { stdout: '', stderr: '' };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text: unknown) => {
      lines.stdout += `${String(text)}\n`;
    }),
    vi.spyOn(console, 'error').mockImplementation((text: unknown) => {
      lines.stderr += `${String(text)}\n`;
    }),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      lines.stdout += String(text);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      lines.stderr += String(text);
      return true;
    }),
  ];
  try {
    const code = await main(argv, { script: 'not started by this test' });
    return { code, ...lines };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
