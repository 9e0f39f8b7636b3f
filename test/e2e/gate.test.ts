import { expect, it } from 'vitest';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { stopWriter } from '../support/stopped-writer.js';
import { ROOT } from '../docs/support/markdown.js';

const COUNT = 1_000;

describeWithApiServer('a leader that is stopped with a thousand writes before it', (server) => {
  async function run(how: 'gate' | 'fetch' | 'plain') {
    const namespace = `stopped-${how}`;
    await server().createNamespace(namespace);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const told = await stopWriter({
      command: [
        ...([process.execPath, '--import', 'tsx'] as const),
        ...['test/package/consumers/stopped-writer.mjs', String(COUNT), how, namespace],
      ],
      cwd: ROOT,
      env: {
        ...process.env,
        KUBECONFIG: await server().writeKubeConfig('admin'),
        NODE_EXTRA_CA_CERTS: '',
        NODE_TLS_REJECT_UNAUTHORIZED: how === 'fetch' ? '0' : '1',
      },
      stored: async () => {
        const { body } = await server().request('admin', 'GET', path);
        const { items } = body as { items: { metadata: { name: string } }[] };
        return items.filter(({ metadata }) => metadata.name.startsWith('written-')).length;
      },
    });
    console.log(`${how}: ${JSON.stringify(told)}`);
    return told;
  }

  it.concurrent.each(['gate', 'fetch'] as const)(
    'sends none of them when it runs again: %s',
    async (how) => {
      const { before, after, fates } = await run(how);
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(COUNT);
      expect(after).toBe(before);
      // Which of them comes first when it runs again, the end of the term or of connections that the server
      // has given up, is left to Node.
      const { stored = 0, NotLeaderError = 0, AbortError = 0, FetchError = 0, ...others } = fates;
      expect(others).toEqual({});
      expect(stored).toBeLessThanOrEqual(before);
      expect(stored + NotLeaderError + AbortError + FetchError).toBe(COUNT);
    },
    60_000,
  );

  it.concurrent('sends many without the gate', async () => {
    const { before, after } = await run('plain');
    expect(after).toBeGreaterThan(before);
  });
});
