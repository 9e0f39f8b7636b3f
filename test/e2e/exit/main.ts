/**
 * How long a crash costs with `releaseOnExit`, on a real API server:
 *
 *     npx tsx test/e2e/exit/main.ts 100
 *
 * So many crashes each by an exception, a rejection and `process.exit(1)`, and so many again while a renewal is
 * under way. Beside it what the machine takes to start a process of Node that does nothing, and its load.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { startRealApiServer } from '../../support/real-api-server.js';
import { type Crash, crash, ENDS, median } from './crashes.js';

const count = Number(process.argv[2] ?? 100);
const ways = process.argv[3]?.split(',');

function startMs(): number {
  const startedAtMs = performance.now();
  spawnSync(process.execPath, ['--eval', '']);
  return Math.round(performance.now() - startedAtMs);
}

function table(crashes: readonly Crash[]): string {
  const times = crashes.map(({ ms }) => ms).sort((a, b) => a - b);
  const numberOf = (is: (crash: Crash) => boolean): number => crashes.filter(is).length;
  return [
    `${times.length} crashes, median ${median(times)} ms, most ${times.at(-1)} ms`,
    `while renewing ${numberOf(({ wasRenewing }) => wasRenewing)}`,
    `not released ${numberOf(({ wasReleased }) => !wasReleased)}`,
    `doubled ${numberOf(({ ms, tokens: [before, after] }) => ms < 0 || after <= before)}`,
    `exit code not 1: ${numberOf(({ exitCode }) => exitCode !== 1)}`,
  ].join(', ');
}

const server = await startRealApiServer();
try {
  await server.createNamespace('crashes');
  const { token } = server.user('candidate');
  const kubeConfigPath = await server.writeKubeConfig('candidate', { namespace: 'crashes' });
  for (const renewing of [false, true]) {
    for (const how of ENDS.filter((end) => ways?.includes(end) ?? true)) {
      const starts = Array.from({ length: 15 }, startMs);
      const crashes = await crash(
        Array.from({ length: count }, () => how),
        { kubeConfigPath, namespace: 'crashes', names: [`${how}-${renewing}`] },
        renewing,
      );
      const told = crashes.some(({ errors }) => errors.includes(token));
      console.log(
        `${how}${renewing ? ', renewing' : ''}: ${table(crashes)}; token in a log: ${told}; ` +
          `to start Node takes ${median(starts)} ms, load ${loadavg()[0]?.toFixed(1)}`,
      );
      for (const { ms, errors } of crashes) {
        if (ms > 1_000) console.log(`  ${ms} ms: ${/^The process ends.*/m.exec(errors)?.[0]}`);
      }
    }
  }
} finally {
  await server.stop();
}
