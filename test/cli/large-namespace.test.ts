import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEADER_ANNOTATION } from '../../src/lock/annotation-format.js';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../src/testing.js';
import { callCli, type Called } from './support/call-cli.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-large-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function call(kubeconfig: string, ...argv: string[]): Promise<Called> {
  const file = join(directory, 'config');
  writeFileSync(file, kubeconfig);
  const [command = '', ...rest] = argv;
  return callCli(command, '--kubeconfig', file, '-n', 'default', ...rest);
}

const now = (): string => new Date().toISOString().replace('Z', '000Z');

function record(holderIdentity: string) {
  return {
    holderIdentity,
    leaseDurationSeconds: 60,
    acquireTime: now(),
    renewTime: now(),
    leaderTransitions: 0,
  };
}

describe('a namespace with large objects', () => {
  let server: EmbeddedApiServer;
  beforeEach(async () => {
    server = await startEmbeddedApiServer();
  });
  afterEach(() => server.close());

  const putConfigMap = (name: string, holder: string | null, data: object): void => {
    const annotations =
      holder === null ? {} : { [LEADER_ANNOTATION]: JSON.stringify(record(holder)) };
    const metadata = { name, namespace: 'default', annotations };
    server.store.put({ kind: 'ConfigMap', metadata, data });
  };

  it.each([
    ['status', '--lock', 'configmap'],
    ['watch', '--lock', 'configmap', '--for', '0.5'],
  ])('%s finds the lock among twelve ConfigMaps of 900 kB', async (...argv) => {
    for (let count = 0; count < 12; count += 1) {
      putConfigMap(`large-${count}`, null, { a: 'x'.repeat(900_000) });
    }
    putConfigMap('lock', 'ann', { a: 'y'.repeat(900_000) });
    const { code, stdout, stderr } = await call(server.kubeConfig(), ...argv);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/lock.*ann/);
    expect(stdout).not.toContain('large');
    expect(code).toBe(0);
  });

  it.each([['lease'], ['configmap']])(
    'of kind %s whose metadata is large is read in smaller pages',
    async (kind) => {
      const padding = 'x'.repeat(250_000);
      for (let count = 0; count < 40; count += 1) {
        const leader = { [LEADER_ANNOTATION]: JSON.stringify(record('ann')) };
        const metadata = {
          name: `lock-${count}`,
          namespace: 'default',
          annotations: { padding, ...leader },
        };
        if (kind === 'configmap') server.store.put({ kind: 'ConfigMap', metadata });
        else {
          const { leaderTransitions, ...spec } = record('ann');
          server.store.put({
            kind: 'Lease',
            metadata,
            spec: { ...spec, leaseTransitions: leaderTransitions },
          });
        }
      }
      const { code, stdout, stderr } = await call(server.kubeConfig(), 'status', '--lock', kind);
      expect(stderr).toBe('');
      expect(stdout.match(/^lock-\d+ +ann /gm)).toHaveLength(40);
      expect(code).toBe(0);
      expect(server.requests.length).toBeLessThan(25);
    },
  );

  it('step-down writes a ConfigMap back with its data', async () => {
    putConfigMap('lock', 'ann', { a: 'kept' });
    const argv = ['step-down', 'lock', '--lock', 'configmap', '--timeout', '1'];
    await call(server.kubeConfig(), ...argv);
    const stored = server.store.get({ resource: 'configmaps', name: 'lock' });
    expect(stored?.['data']).toEqual({ a: 'kept' });
    expect(server.requests.some(({ method, status }) => method === 'PUT' && status === 200)).toBe(
      true,
    );
  });
});

describe('a namespace without end', () => {
  let server: Server;
  let requests = 0;
  let items: readonly object[] = [];
  beforeEach(async () => {
    requests = 0;
    server = createServer((request, response) => {
      if (request.url?.includes('watch=true') === true) {
        response.writeHead(403).end();
        return;
      }
      requests += 1;
      const list = { metadata: { continue: `page-${requests}` }, items };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(list));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const kubeConfig = (): string =>
    JSON.stringify({
      clusters: [
        {
          name: 'c',
          cluster: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
        },
      ],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });

  it.each([['lease'], ['configmap']])(
    'of kind %s is looked at for a hundred answers, and that is said',
    async (kind) => {
      items = [];
      const { code, stderr } = await call(kubeConfig(), 'status', '--lock', kind);
      expect(requests).toBe(100);
      expect(stderr).toMatch(/^Namespace "default" has more \w+ than can be looked at/);
      expect(code).toBe(1);
    },
  );

  it('is looked at by watch once an interval, and that is said once', async () => {
    items = [];
    const argv = ['watch', '--interval', '0.4', '--for', '1'];
    const { stderr } = await call(kubeConfig(), ...argv);
    // Where nothing is found, it is asked once whether the namespace is there.
    expect(requests).toBeLessThanOrEqual(401);
    expect(stderr.match(/has more leases than can be looked at/g)).toHaveLength(1);
  });

  it('takes a bounded memory: 32 MB of objects are enough', async () => {
    const spec = { ...record('ann'), leaderTransitions: undefined };
    const annotations = { a: 'x'.repeat(50_000) };
    items = Array.from({ length: 40 }, (_, index) => ({
      metadata: { name: `lock-${index}`, annotations },
      spec,
    }));
    const { stderr } = await call(kubeConfig(), 'status');
    expect(requests).toBeLessThan(20);
    expect(stderr).toContain('has more leases than can be looked at');
  });
});
