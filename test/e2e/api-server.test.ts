import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { expect, it, vi } from 'vitest';

import { startRealApiServer } from '../support/real-api-server.js';
import { describeWithApiServer } from '../support/shared-api-server.js';

const leases = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

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

describeWithApiServer('a real API server', (server) => {
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
    const body = { metadata: { name: 'lock' }, spec: { holderIdentity: 'a' } };
    const written = await server().request('reader', 'POST', leases('default'), body);
    expect(written.status).toBe(403);
  });
});

describeWithApiServer('starting a real API server', () => {
  it('leaves neither processes nor files behind when it stops', async () => {
    const own = await startRealApiServer();
    const file = await own.writeKubeConfig();
    const pids = Object.values(own.pids);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await own.stop();
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(existsSync(file)).toBe(false);
    await own.stop();
  }, 60_000);

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
      await vi.waitUntil(gone, { timeout: 60_000, interval: 50 });
    } finally {
      careless.kill('SIGKILL');
      await exit;
    }
  }, 60_000);
});
