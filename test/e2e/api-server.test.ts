import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { KubeConfig } from '@kubernetes/client-node';
import { expect, it, vi } from 'vitest';

import { startRealApiServer } from '../support/real-api-server.js';
import { describeWithApiServer, describeWithOwnApiServer } from '../support/shared-api-server.js';

const leases = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

function leaseBody(name: string, holderIdentity: string) {
  const now = '2030-01-01T00:00:00.000000Z';
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec: {
      holderIdentity,
      leaseDurationSeconds: 15,
      acquireTime: now,
      renewTime: now,
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A dead process whose new parent does not collect it can still be signalled. It is state Z.
    const stat = existsSync('/proc/self') ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
    return !stat.includes(') Z ');
  } catch {
    return false;
  }
}

// Starts a server and says which, in a process that never stops it.
const CARELESS_PROGRAM = `
const { startRealApiServer } = await import(process.argv[1]);
const server = await startRealApiServer();
const file = await server.writeKubeConfig();
console.log(JSON.stringify({ pids: Object.values(server.pids), file }));
setInterval(() => undefined, 60_000);
`;

interface LeaseObject {
  metadata: { name: string; resourceVersion: string };
  spec: { holderIdentity: string };
}

describeWithApiServer('a real API server', (server) => {
  it('lets a candidate create, read and update a Lease in a namespace made for it', async () => {
    await server().createNamespace('smoke');
    const created = await server().request(
      'candidate',
      'POST',
      leases('smoke'),
      leaseBody('lock', 'a'),
    );
    expect(created.status).toBe(201);

    const path = `${leases('smoke')}/lock`;
    const read = await server().request('candidate', 'GET', path);
    expect(read.status).toBe(200);
    const lease = read.body as LeaseObject;
    expect(lease.spec.holderIdentity).toBe('a');

    const next = { ...lease, spec: { ...lease.spec, holderIdentity: 'b' } };
    const updated = await server().request('candidate', 'PUT', path, next);
    expect(updated.status).toBe(200);
    expect(BigInt((updated.body as LeaseObject).metadata.resourceVersion)).toBeGreaterThan(
      BigInt(lease.metadata.resourceVersion),
    );

    const repeated = await server().request('candidate', 'PUT', path, next);
    expect(repeated).toMatchObject({
      status: 409,
      body: { reason: 'Conflict' },
    });
  });

  it('makes the same namespace twice without complaint', async () => {
    await server().createNamespace('twice');
    await server().createNamespace('twice');
    const found = await server().request('admin', 'GET', '/api/v1/namespaces/twice');
    expect(found.status).toBe(200);
  });

  it('refuses a candidate what a candidate does not need', async () => {
    await server().createNamespace('narrow');
    const asCandidate = async (method: string, path: string) =>
      (await server().request('candidate', method, path)).status;
    expect(await asCandidate('DELETE', `${leases('narrow')}/lock`)).toBe(403);
    expect(await asCandidate('GET', leases('narrow'))).toBe(403);
    expect(await asCandidate('GET', '/api/v1/namespaces/narrow/secrets/one')).toBe(403);
    expect(await asCandidate('GET', `${leases('kube-system')}/lock`)).toBe(403);
  });

  it('answers 403 to a user without rights, and lets a reader look but not write', async () => {
    const nobody = await server().request('nobody', 'GET', `${leases('default')}/lock`);
    expect(nobody).toMatchObject({
      status: 403,
      body: { reason: 'Forbidden' },
    });

    const listed = await server().request('reader', 'GET', leases('default'));
    expect(listed.status).toBe(200);
    const body = leaseBody('lock', 'a');
    const written = await server().request('reader', 'POST', leases('default'), body);
    expect(written.status).toBe(403);
  });

  it('answers 401 to a token that it does not know', async () => {
    const answer = await server().request({ token: 'wrong' }, 'GET', `${leases('default')}/lock`);
    expect(answer).toMatchObject({
      status: 401,
      body: { reason: 'Unauthorized' },
    });
  });

  it('acts on a grant and on its revocation as soon as each call has resolved', async () => {
    await server().createNamespace('rights');
    const path = `${leases('rights')}/lock`;
    const status = async () => (await server().request('nobody', 'GET', path)).status;
    const rule = {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get'],
    };

    await server().grant('nobody', 'rights', [rule]);
    expect(await status()).toBe(404);
    await server().grant('nobody', 'rights', [{ ...rule, verbs: ['update'] }]);
    expect(await status()).toBe(403);
    await server().grant('nobody', 'rights', [rule]);
    await server().revoke('nobody', 'rights');
    expect(await status()).toBe(403);
  });

  it('takes the token of a service account until the account is deleted, then answers 401', async () => {
    await server().createNamespace('accounts');
    const token = await server().serviceAccountToken('accounts', 'worker');
    const path = `${leases('accounts')}/lock`;
    const status = async () => (await server().request({ token }, 'GET', path)).status;
    expect(await status()).toBe(403);
    const rule = {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get'],
    };
    await server().grant('system:serviceaccount:accounts:worker', 'accounts', [rule]);
    expect(await status()).toBe(404);

    const account = '/api/v1/namespaces/accounts/serviceaccounts/worker';
    expect((await server().request('admin', 'DELETE', account)).status).toBe(200);
    // The server remembers for 10 s that it has accepted a token.
    await vi.waitUntil(async () => (await status()) === 401, {
      timeout: 20_000,
      interval: 250,
    });
  }, 30_000);

  it('writes a kubeconfig that only its owner may read and that Kubernetes clients load', async () => {
    const file = await server().writeKubeConfig('candidate', {
      namespace: 'smoke',
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const loaded = new KubeConfig();
    loaded.loadFromFile(file);
    expect(loaded.getCurrentCluster()).toMatchObject({ server: server().url });
    expect(loaded.getCurrentUser()?.token).toBe(server().user('candidate').token);
    expect(loaded.getContextObject('test')).toMatchObject({
      namespace: 'smoke',
    });

    const other = { server: 'https://127.0.0.1:1', token: 'wrong' };
    loaded.loadFromString(server().kubeConfig('candidate', other));
    expect(loaded.getCurrentCluster()?.server).toBe(other.server);
    expect(loaded.getCurrentUser()?.token).toBe(other.token);
  });
});

describeWithOwnApiServer(
  'a real API server of its own',
  { audit: true, users: ['extra'] },
  (server) => {
    it('keeps its objects, address and tokens when it is killed and started again', async () => {
      const path = `${leases('default')}/kept`;
      await server().request('candidate', 'POST', leases('default'), leaseBody('kept', 'a'));
      const before = { url: server().url, pids: server().pids };

      await server().killApiServer();
      expect(isAlive(before.pids.apiServer)).toBe(false);
      await expect(server().request('candidate', 'GET', path)).rejects.toThrow();
      await server().killEtcd();
      expect(isAlive(before.pids.etcd)).toBe(false);
      await server().startEtcdAgain();
      await server().startApiServerAgain();

      expect(server().url).toBe(before.url);
      expect(server().pids.apiServer).not.toBe(before.pids.apiServer);
      expect((await server().request('candidate', 'GET', path)).status).toBe(200);
      await expect(server().startApiServerAgain()).rejects.toThrow('is running');
    }, 60_000);

    it('tells who asked for what, and how much CPU time it has used', async () => {
      expect((await server().request('extra', 'GET', `${leases('default')}/seen`)).status).toBe(
        403,
      );
      const seen = (await server().auditLog()).filter(
        ({ objectRef }) => objectRef?.name === 'seen',
      );
      expect(seen).toContainEqual(
        expect.objectContaining({
          verb: 'get',
          user: expect.objectContaining({ username: 'extra' }),
        }),
      );
      const { apiServer, etcd } = await server().cpuMillis();
      expect(apiServer).toBeGreaterThan(0);
      expect(etcd).toBeGreaterThan(0);
    });

    it('leaves neither processes nor files behind when it stops', async () => {
      const file = await server().writeKubeConfig();
      const pids = Object.values(server().pids);
      expect(pids.map(isAlive)).toEqual([true, true]);

      await server().stop();
      expect(pids.map(isAlive)).toEqual([false, false]);
      expect(existsSync(file)).toBe(false);
      await expect(server().stop()).resolves.toBeUndefined();
    });
  },
);

describeWithApiServer('starting a real API server', () => {
  it('fails with the reason that the server gave when it cannot start', async () => {
    const start = startRealApiServer({ apiServerArguments: ['--no-such-flag'] });
    await expect(start).rejects.toThrow(/kube-apiserver ended .*\n[^]*no-such-flag/);
  }, 30_000);

  it('leaves neither processes nor files behind when the process that started it is killed', async () => {
    const module = new URL('../support/real-api-server.ts', import.meta.url).href;
    const options = ['--import', 'tsx', '--input-type=module', '--eval', CARELESS_PROGRAM, module];
    const careless = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(careless, 'exit');
    try {
      const [line] = (await once(careless.stdout, 'data')) as [Buffer];
      const { pids, file } = JSON.parse(line.toString()) as { pids: number[]; file: string };
      expect(pids.map(isAlive)).toEqual([true, true]);
      careless.kill('SIGKILL');
      await exit;
      const gone = () => !pids.some(isAlive) && !existsSync(dirname(file));
      await vi.waitUntil(gone, { timeout: 10_000, interval: 50 });
    } finally {
      careless.kill('SIGKILL');
      await exit;
    }
  }, 60_000);
});
