import { expect, it } from 'vitest';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { crash, ENDS, median } from './exit/crashes.js';

/** What a busy machine may add; the figures of an idle one are those of `test/e2e/exit/main.ts`. */
const MOST_MS = 3_000;

describeWithApiServer('a leader that crashes, with releaseOnExit', (server) => {
  it.each([
    { kind: 'lease', renewing: true },
    { kind: 'configmap', renewing: false },
  ])(
    'is followed at once: $kind, while a renewal is under way: $renewing',
    { timeout: 120_000 },
    async ({ kind, renewing }) => {
      const namespace = `crash-${kind}`;
      await server().createNamespace(namespace);
      const kubeConfigPath = await server().writeKubeConfig('candidate', { namespace });
      const settings = { kubeConfigPath, namespace, names: ['crash'], kind, limitMs: 60_000 };
      const crashes = await crash(ENDS, settings, renewing);
      console.log(kind, crashes.map(({ how, ms }) => `${how} ${ms} ms`).join(', '));
      expect(median(crashes.map(({ ms }) => ms))).toBeLessThan(MOST_MS);
      for (const { tokens, wasReleased, exitCode, errors } of crashes) {
        expect(wasReleased, errors).toBe(true);
        expect(tokens[1]).toBeGreaterThan(tokens[0]);
        expect(exitCode).toBe(1);
        expect(errors).not.toContain(server().user('candidate').token);
      }
    },
  );
});
