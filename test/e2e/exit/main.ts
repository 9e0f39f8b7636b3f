/**
 * How long a crash costs with `releaseOnExit`, on a real API server:
 *
 *     npx tsx test/e2e/exit/main.ts 100
 *
 * So many crashes each by an exception, a rejection and `process.exit(1)`, and so many again while a renewal is
 * under way.
 */
import { startRealApiServer } from '../../support/real-api-server.js';
import { crash, ENDS, median } from './crashes.js';

const count = Number(process.argv[2] ?? 100);
const server = await startRealApiServer();
try {
  await server.createNamespace('crashes');
  const kubeConfigPath = await server.writeKubeConfig('candidate', { namespace: 'crashes' });
  for (const renewing of [false, true]) {
    for (const how of ENDS) {
      const crashes = await crash(
        Array.from({ length: count }, () => how),
        { kubeConfigPath, namespace: 'crashes', name: `${how}-${renewing}`, kind: 'lease' },
        renewing,
      );
      const times = crashes.map(({ ms }) => ms);
      const doubled = crashes.filter(({ tokens: [before, after] }) => after <= before).length;
      console.log(
        `${how}${renewing ? ', renewing' : ''}: ${times.length} crashes, median ${median(times)} ms, ` +
          `most ${Math.max(...times)} ms, doubled ${doubled}`,
      );
    }
  }
} finally {
  await server.stop();
}
