import { AsyncLocalStorage } from 'node:async_hooks';
import { main } from '../../../src/cli/main.js';

export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the call printed so far, for whatever runs on behalf of that call. */
const calls = new AsyncLocalStorage<{ stdout: string; stderr: string }>();

// Once and for good, and not for the time of a call: a test that ran out of time leaves its call
// running, and that call would hold and give back the spies of the next test's.
for (const [stream, method] of [
  ['stdout', 'log'],
  ['stderr', 'error'],
] as const) {
  const write = process[stream].write.bind(process[stream]) as (...args: unknown[]) => boolean;
  const print = console[method].bind(console);
  process[stream].write = (...args: unknown[]) => {
    const call = calls.getStore();
    if (call === undefined) return write(...args);
    call[stream] += String(args[0]);
    return true;
  };
  console[method] = (...args: unknown[]) => {
    const call = calls.getStore();
    if (call === undefined) print(...args);
    else call[stream] += `${String(args[0])}\n`;
  };
}

/** Runs the command line inside this process, for commands that start no others. */
export async function callCli(...argv: readonly string[]): Promise<Called> {
  const lines = { stdout: '', stderr: '' };
  const code = await calls.run(lines, () => main(argv, { script: 'not started by this test' }));
  return { code, ...lines };
}
