import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadYaml } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../src/testing.js';
import { callCli, type Called } from './support/call-cli.js';

let server: EmbeddedApiServer;
let directory: string;

beforeEach(async () => {
  server = await startEmbeddedApiServer({ tokens: { 'token-of-ann': 'ann' } });
  directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-check-'));
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

interface Found {
  readonly ok: boolean;
  readonly withoutCredentials: string | null;
  readonly trial: object | null;
  readonly manifest: string | null;
}

function check(token: string, ...args: string[]): Promise<Called> {
  const file = join(directory, 'config');
  writeFileSync(file, server.kubeConfig({ token }));
  return callCli('check', 'report', '--kubeconfig', file, ...args);
}

async function found(...args: string[]): Promise<Found> {
  return JSON.parse((await check('token-of-ann', '--json', ...args)).stdout) as Found;
}

/** What admission says instead of going through with a write. */
function refuse(method: 'POST' | 'PUT', status: number, reason: string, message: string): void {
  const body = {
    apiVersion: 'v1',
    kind: 'Status',
    code: status,
    status: 'Failure',
    reason,
    message,
  };
  server.faults.add({
    match: { method, resource: 'leases' },
    fault: { kind: 'status', status, body },
  });
}

function stored() {
  const spec = {
    holderIdentity: 'ben',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
  };
  return { kind: 'Lease', metadata: { name: 'report', namespace: 'default' }, spec };
}

describe('check', () => {
  it('tries the creation out where there is no lock, and creates none', async () => {
    const { code, stderr } = await check('token-of-ann');

    expect(stderr).toContain(
      "ok    a candidate's create Lease default/report would be accepted (dry run)",
    );
    expect(stderr).toContain('A candidate can take part.');
    expect(code).toBe(0);
    expect(
      server.store.get({ resource: 'leases', namespace: 'default', name: 'report' }),
    ).toBeNull();
  });

  it('tries the update out where there is a lock, and changes nothing', async () => {
    server.store.put(stored());
    const before = server.store.get({ resource: 'leases', namespace: 'default', name: 'report' });

    const { ok, trial } = await found();

    expect([ok, trial]).toEqual([true, { verb: 'update', accepted: true, reason: null }]);
    expect(server.store.get({ resource: 'leases', namespace: 'default', name: 'report' })).toEqual(
      before,
    );
  });

  it('looks again when the leader renews between the look and the trial', async () => {
    server.store.put(stored());
    const conflict = { apiVersion: 'v1', kind: 'Status', reason: 'Conflict', message: 'changed' };
    server.faults.add({
      match: { method: 'PUT' },
      times: 2,
      fault: { kind: 'status', status: 409, body: conflict },
    });

    expect(await found()).toMatchObject({ ok: true, trial: { verb: 'update', accepted: true } });
  });

  it('in a namespace that does not exist says so, and exits with 1', async () => {
    const { code, stderr } = await check('token-of-ann', '-n', 'nowhere');

    expect(code).toBe(1);
    expect(stderr).toContain('ok    may create leases in namespace nowhere');
    expect(stderr).toContain("FAIL  a candidate's create Lease nowhere/report is refused: ");
    expect(stderr).toContain('namespace "nowhere" does not exist');
    expect(stderr).not.toContain('can take part.');
  });

  it.each([
    ['a webhook', 403, 'Forbidden', 'admission webhook "w.example.com" denied the request: no'],
    ['a policy', 422, 'Invalid', 'the duration is too long'],
    ['a quota', 403, 'Forbidden', 'leases "report" is forbidden: exceeded quota: objects'],
  ])('that %s would refuse says why', async (_, status, reason, message) => {
    refuse('POST', status, reason, message);

    const { ok, trial } = await found();

    expect(ok).toBe(false);
    expect(trial).toMatchObject({ verb: 'create', accepted: false });
    expect(trial).toMatchObject({ reason: expect.stringContaining(message) });
    expect((await check('token-of-ann')).code).toBe(1);
  });

  it('that cannot be tried out for a webhook leaves it open', async () => {
    const why = 'admission webhook "w.example.com" does not support dry run';
    refuse('POST', 400, 'BadRequest', why);

    const { code, stderr } = await check('token-of-ann');

    expect(code).toBe(0);
    expect(stderr).toContain(
      "?     a candidate's create Lease default/report cannot be tried out: ",
    );
    expect(stderr).toContain(why);
  });

  it('says that the API server is not there', async () => {
    const { url } = server;
    await server.close();
    const { code, stderr } = await check('token-of-ann');
    expect(code).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).toContain(new URL(url).host);
  });

  it('tries nothing out where rights are missing', async () => {
    server.deny({ verb: 'update', resource: 'leases' });

    const { ok, trial, manifest } = await found();

    expect([ok, trial]).toEqual([false, null]);
    expect(manifest).toContain('kind: RoleBinding');
    expect(server.requests.filter(({ verb }) => verb === 'create' || verb === 'update')).toEqual(
      server.requests.filter(({ path }) => path.includes('selfsubject')),
    );
  });

  it.each([
    ['--events', 'events', ['create']],
    ['--pod-evidence', 'pods', ['get', 'watch']],
  ])('with %s asks for the rights on %s, and grants them', async (flag, resource, verbs) => {
    const without = await check('token-of-ann');
    const { code, stdout, stderr } = await check('token-of-ann', flag);

    expect(without.stderr + without.stdout).not.toContain(resource);
    expect(code).toBe(0);
    for (const verb of verbs) {
      expect(stderr).toContain(`ok    may ${verb} ${resource} in namespace default`);
    }
    const list = verbs.map((verb) => `"${verb}"`).join(', ');
    expect(stdout).toContain(
      `- apiGroups: [""]\n    resources: ["${resource}"]\n    verbs: [${list}]`,
    );
  });

  it('says so where the right to create events alone is missing, and that the lock can be taken', async () => {
    server.deny({ resource: 'events' });

    const { code, stdout, stderr } = await check('token-of-ann', '--events');

    expect(code).toBe(1);
    expect(stderr).toContain('FAIL  may not create events in namespace default');
    expect(stderr).toContain("candidate's create Lease default/report would be accepted (dry run)");
    expect(stderr).toContain('Rights are missing.');
    expect(stdout).toContain('resources: ["events"]');
    expect((await check('token-of-ann')).code).toBe(0);
  });

  it('without the right to create prints that Role and the object, and asks for no more', async () => {
    const { code, stdout, stderr } = await check('token-of-ann', '--without-create');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'FAIL  Lease default/report is not there yet: apply the manifest below first',
    );
    expect(stderr).toContain('A candidate cannot take part before.');
    expect(stdout).toMatch(
      /^apiVersion: coordination.k8s.io\/v1\nkind: Lease\nmetadata:\n {2}name: report\n/,
    );
    expect(stdout).toContain('    verbs: ["get", "update", "watch"]');
    expect(stdout).not.toContain('create');
    expect(stderr).not.toContain('may create');
    server.store.put(loadYaml(stdout.split('---')[0] ?? ''));
    expect((await check('token-of-ann', '--without-create')).code).toBe(0);
    const elsewhere = await check('token-of-ann', '--without-create', '-n', 'nowhere');
    expect(elsewhere.stderr).toContain('There is no namespace "nowhere"');
    const both = await check('token-of-ann');
    expect(both.stdout).toContain('    verbs: ["create"]');
    expect(both.stderr).toContain('--without-create prints that Role and the object');
  });

  it('without credentials hands out no rights, but to a service account that is named', async () => {
    const { code, stdout, stderr } = await check('');
    const named = await check('', '--service-account', 'worker');

    expect([code, stdout, named.code]).toEqual([1, '', 1]);
    expect(stderr).toContain('FAIL  no credentials were sent: the token of the kubeconfig');
    expect(stderr).toContain('no rights are to be given to everybody');
    expect(named.stdout).toContain('kind: ServiceAccount');
    expect(stderr + named.stdout).not.toContain('system:anonymous" is missing');
  });

  it('blames no missing credentials where everybody has the rights and something else is wrong', async () => {
    await using open = await startEmbeddedApiServer();
    const file = join(directory, 'config');
    writeFileSync(file, open.kubeConfig());

    const argv = ['check', 'report', '--kubeconfig', file, '--namespace', 'nowhere'];
    const { code, stdout, stderr } = await callCli(...argv);

    expect(code).toBe(1);
    expect(stderr).toContain('namespace "nowhere" does not exist');
    expect(stderr).toContain('A candidate cannot take part, though it has the rights.');
    expect(stderr).not.toContain('credentials');
    expect(stdout).toContain('kind: RoleBinding');
  });
});

it('step-down says what has become of a request that was not honoured', async () => {
  server.store.put(stored());
  const file = join(directory, 'config');
  writeFileSync(file, server.kubeConfig());
  const argv = ['step-down', 'report', '--kubeconfig', file, '--timeout', '1'];

  const { code, stdout } = await callCli(...argv);

  expect(code).toBe(4);
  expect(stdout).toContain('withdrawn, for a leader that had not heard it. One that had is ending');
});

it('check names what it asked, and not the API server twice, where none answers', async () => {
  const file = join(directory, 'config');
  writeFileSync(file, server.kubeConfig());
  await server.close();

  const { code, stderr } = await callCli('check', 'report', '--kubeconfig', file);

  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^k8s-leader-election check: GET \/version: cannot reach the API server at/,
  );
});

describe.each<[command: string, args: readonly string[], verbs: string, role: string]>([
  ['status', [], '"get", "watch"', 'report-leader-election-observer'],
  ['step-down', ['--timeout', '1'], '"get", "update"', 'report-leader-election-step-down'],
])('%s that is refused', (command, args, verbs, role) => {
  it('shows a Role that fits it', async () => {
    server.deny({ resource: 'leases' });
    const file = join(directory, 'config');
    writeFileSync(file, server.kubeConfig());

    const { code, stderr } = await callCli(command, 'report', '--kubeconfig', file, ...args);

    expect(code).toBe(1);
    expect(stderr).toContain(`name: ${role}\n`);
    expect([...stderr.matchAll(/verbs: \[(.*)\]/g)].map(([, list]) => list)).toEqual([verbs]);
    expect(stderr).toContain(`--role=${role} --user=ann`);
  });
});
