import { Random } from './random.js';
import type { World } from './world.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);
const OURS = /\/(src|machines)\//;

/**
 * While a simulation runs, neither real time nor real chance can be had: the globals answer from
 * the simulated world, and code under test that asks them behind the back of its clock is caught.
 */
export async function underVirtualTime<T>(
  world: World,
  seed: number,
  run: () => Promise<T>,
): Promise<T> {
  const random = new Random(seed, 'globals');
  const { now: dateNow } = Date;
  const { random: mathRandom } = Math;
  const performanceNow = performance.now.bind(performance);
  const broke = (what: string): void => {
    world.record({ kind: 'broke', t: world.now, what });
  };
  const { stackTraceLimit } = Error;
  const refuse = (what: string): void => {
    Error.stackTraceLimit = 6;
    const stack = new Error().stack ?? '';
    Error.stackTraceLimit = 0;
    const caller = stack.split('\n').slice(3, 5).join(' ');
    if (OURS.test(caller) && !caller.includes('node_modules'))
      broke(`${what} was called: ${caller}`);
  };
  const onBroken = (error: unknown): void => {
    broke(
      `an error that nobody caught: ${error instanceof Error ? String(error.stack) : String(error)}`,
    );
  };
  // Errors are made by the thousand here, and nobody reads where.
  Error.stackTraceLimit = 0;
  Date.now = () => EPOCH_MS + world.now;
  Math.random = () => {
    refuse('Math.random');
    return random.next();
  };
  performance.now = () => {
    refuse('performance.now');
    return world.now;
  };
  process.on('unhandledRejection', onBroken);
  process.on('uncaughtException', onBroken);
  try {
    return await run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Date.now = dateNow;
    Math.random = mathRandom;
    performance.now = performanceNow;
    process.off('unhandledRejection', onBroken);
    process.off('uncaughtException', onBroken);
  }
}
