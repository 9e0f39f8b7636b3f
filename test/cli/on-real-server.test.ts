import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../e2e/fleet/fleet.js';
import { ensureClientGoCandidate } from '../peers/client-go/build.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { buildCli, type BuiltCli } from './support/built-cli.js';
import { callCli } from './support/call-cli.js';
import { CliProcess } from './support/cli-process.js';
import { until } from './support/processes.js';

const NAMESPACE = 'command-line';
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const TIMINGS = ['--lease-duration', '3', '--renew-deadline', '2', '--retry-period', '1'];

/** A record in the words of other clients; nobody is behind it. */
const CLIENT_GO = {
  holderIdentity: 'go-pod_4fd1a6a0-8d3b-4a5e-b0bd-8a2d6d1d2f1e',
  leaseDurationSeconds: 15,
  leaseTransitions: 4,
};

const nowMicro = (agoMs = 0): string =>
  new Date(Date.now() - agoMs).toISOString().replace('Z', '000Z');

describeWithApiServer('the command line on a real API server', (server) => {
  const kubeconfigs = new Map<string, string>();
  const flags = (user: string) => ['-n', NAMESPACE, '--kubeconfig', kubeconfigs.get(user)!];
  const cli = (user: string, ...argv: string[]) =>
    callCli(...argv, ...flags(user).slice(argv.includes('-A') ? 2 : 0));

  async function json(user: string, ...argv: string[]): Promise<Record<string, unknown>> {
    const { stdout } = await cli(user, ...argv, '--json');
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  async function lease(spec: object): Promise<string> {
    const name = `lease-${randomUUID().slice(0, 8)}`;
    const body = { metadata: { name }, spec };
    const { status } = await server().request('admin', 'POST', LEASES, body);
    expect(status).toBe(201);
    return name;
  }

  let built: BuiltCli;

  beforeAll(async () => {
    built = await buildCli();
    await server().createNamespace(NAMESPACE);
    for (const user of ['admin', 'candidate', 'reader', 'nobody']) {
      kubeconfigs.set(user, await server().writeKubeConfig(user));
    }
  });

  afterAll(() => {
    built.dispose();
  });

  describe('status', () => {
    it('of a lock that was never there', async () => {
      const { code, stdout } = await cli('reader', 'status', 'none');
      expect(code).toBe(3);
      expect(stdout).toContain('nobody (no such object)');
      const away = ['status', 'none', '-n', 'away', '--kubeconfig', kubeconfigs.get('admin')!];
      expect((await callCli(...away)).stdout).toContain('There is no namespace "away"');
    });

    it('of a ConfigMap as the Python client holds it', async () => {
      const name = `map-${randomUUID().slice(0, 8)}`;
      const record = {
        holderIdentity: 'py',
        leaseDurationSeconds: '15',
        acquireTime: '2026-01-02 03:04:05.678901',
        renewTime: '2026-01-02 03:04:05.678901',
      };
      const annotations = { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(record) };
      await server().request('admin', 'POST', CONFIG_MAPS, { metadata: { name, annotations } });
      const seen = await json('reader', 'status', name, '--lock', 'configmap');
      expect(seen).toMatchObject({
        standing: 'held',
        leader: 'py',
        leaseDurationSeconds: 15,
        renewedSecondsAgoBy: 'apiServer',
      });
    });

    it('of all locks in all namespaces, without the heartbeats of nodes', async () => {
      await server().createNamespace('elsewhere');
      await server().createNamespace('kube-node-lease');
      const renewTime = nowMicro();
      const name = await lease({ ...CLIENT_GO, renewTime });
      for (const [namespace, holderIdentity] of [
        ['elsewhere', 'eve'],
        ['kube-node-lease', 'node-1'],
      ]) {
        const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
        const spec = { ...CLIENT_GO, holderIdentity, renewTime };
        await server().request('admin', 'POST', path, { metadata: { name }, spec });
      }
      const { code, stdout } = await cli('reader', 'status', '-A');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^NAMESPACE +NAME +LEADER +FOR/m);
      expect(stdout).toMatch(
        new RegExp(`^${NAMESPACE} +${name} +${CLIENT_GO.holderIdentity} `, 'm'),
      );
      expect(stdout).toMatch(new RegExp(`^elsewhere +${name} +eve .* held$`, 'm'));
      expect(stdout).not.toContain('node-1');
      const watched = await cli('reader', 'watch', '-A', '--for', '0.5', '--json');
      const lines = watched.stdout.trim().split('\n');
      const seen = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const leaders = seen.filter((each) => each['name'] === name).map(({ leader }) => leader);
      expect(leaders.sort()).toEqual(['eve', CLIENT_GO.holderIdentity]);
      const refused = await cli('candidate', 'status', '-A');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('may not list leases in all namespaces');
      expect(refused.stderr).toContain('--namespace');
    });

    it('without rights says which one is missing, and shows no token', async () => {
      const { code, stdout, stderr } = await cli('nobody', 'status', 'any');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('is missing the verb "get" on leases');
      expect(stderr).not.toContain(server().user('nobody').token);
      const all = await cli('candidate', 'status');
      expect(all.code).toBe(1);
      expect(all.stderr).toContain('may not list leases');
    });
  });

  it('leader prints the identity alone, and nothing when nobody leads', async () => {
    const name = await lease({ ...CLIENT_GO, renewTime: nowMicro() });
    const leads = { code: 0, stdout: `${CLIENT_GO.holderIdentity}\n`, stderr: '' };
    expect(await cli('reader', 'leader', name)).toEqual(leads);
    const { stdout } = await cli('reader', 'leader', name, '--json');
    expect(JSON.parse(stdout)).toBe(CLIENT_GO.holderIdentity);
    const free = await lease({ holderIdentity: '', leaseDurationSeconds: 1 });
    const { code, stdout: nothing, stderr } = await cli('reader', 'leader', free);
    expect([code, nothing]).toEqual([3, '']);
    expect(stderr).toBe(`Lease ${NAMESPACE}/${free}: released; nobody leads.\n`);
    expect((await cli('nobody', 'leader', name)).code).toBe(1);
  });

  describe('a lock held by client-go itself', () => {
    const timings = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };

    const candidates = async (name: string): Promise<Fleet> => {
      const kubeConfigPath = kubeconfigs.get('admin')!;
      const settings = { kubeConfigPath, kind: 'lease', namespace: NAMESPACE, name } as const;
      return new Fleet({ ...settings, ...timings }, [await ensureClientGoCandidate()]);
    };

    /** What it says of itself is what the command line has to say. */
    const specOf = async (name: string): Promise<Record<string, unknown>> => {
      const { body } = await server().request('admin', 'GET', `${LEASES}/${name}`);
      return (body as { spec: Record<string, unknown> }).spec;
    };

    it('status tells the leader, its term and its renewals; then that it is gone', async () => {
      const name = `go-${randomUUID().slice(0, 8)}`;
      await using fleet = await candidates(name);
      await fleet.start('go-ann');
      await fleet.nextLeader(0, 20_000);
      const { acquireTime, leaseTransitions } = await specOf(name);
      const seen = await json('reader', 'status', name);
      expect(seen).toMatchObject({
        standing: 'held',
        leader: 'go-ann',
        since: acquireTime,
        leaseDurationSeconds: 4,
        transitions: leaseTransitions,
        renewedSecondsAgoBy: 'apiServer',
        hints: [],
      });
      // It renews every second, and the dates are right to a second.
      expect(seen['renewedSecondsAgo']).toBeLessThanOrEqual(2);
      expect((await cli('reader', 'status')).stdout).toMatch(
        new RegExp(`^${name} +go-ann .* held$`, 'm'),
      );
      await fleet.kill('go-ann');
      await until('the lease to run out', async () => {
        return (await json('reader', 'status', name))['standing'] === 'expired';
      });
      const { code, stdout } = await cli('reader', 'status', name);
      expect([code, stdout]).toEqual([3, expect.stringContaining('(expired but still named)')]);
    });

    it('watch tells of each of its leaders and of the release', async () => {
      const name = `go-${randomUUID().slice(0, 8)}`;
      await using fleet = await candidates(name);
      // What is told before that time is over was not found by reading.
      const run = new CliProcess(built.script, [
        ...['watch', name, '--interval', '600'],
        ...flags('reader'),
      ]);
      try {
        await run.printed('there is no such object');
        await fleet.start('go-ann');
        await run.printed('held by go-ann');
        await fleet.start('go-ben');
        await fleet.stop('go-ann');
        await run.printed('held by go-ben');
        await fleet.stop('go-ben');
        await until('the second release', () => run.stdout.split('released;').length === 3);
        run.kill('SIGINT');
        expect(await run.exitCode).toBe(0);
        const lines = run.stdout.split('\n').filter((line) => line.includes(`/${name}: `));
        expect(lines.map((line) => line.split(': ')[1]?.split(',')[0])).toEqual([
          'there is no such object; nobody leads',
          'held by go-ann',
          'released; nobody leads',
          'held by go-ben',
          'released; nobody leads',
        ]);
        expect(run.stderr).toBe('');
        // eslint-disable-next-line no-control-regex -- colours and cursor movements are for terminals
        expect(run.stdout).not.toMatch(/\u001b/);
      } finally {
        run.kill('SIGKILL');
      }
    });

    it('check is not concerned with who leads, and step-down is not honoured', async () => {
      const name = `go-${randomUUID().slice(0, 8)}`;
      await using fleet = await candidates(name);
      await fleet.start('go-ann');
      await fleet.nextLeader(0, 20_000);
      expect(await json('candidate', 'check', name)).toMatchObject({ ok: true });
      const { code, stdout } = await cli('candidate', 'step-down', name, '--timeout', '2');
      expect([code, stdout]).toEqual([4, expect.stringContaining('has not handed over')]);
      expect(await json('reader', 'status', name)).toMatchObject({ leader: 'go-ann', hints: [] });
      const { body } = await server().request('admin', 'GET', `${LEASES}/${name}`);
      const { annotations } = (body as { metadata: { annotations?: object } }).metadata;
      expect(annotations ?? {}).toEqual({});
      expect(fleet.leaders()).toEqual(['go-ann']);
    });
  });

  describe('check', () => {
    it('by an account without rights prints what is needed', async () => {
      const before = await cli('nobody', 'check', 'report');
      expect(before.code).toBe(1);
      expect(before.stderr).toContain('FAIL  may not create leases');
      const { loadAllYaml } = await import('@kubernetes/client-node');
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;
      const items = loadAllYaml(before.stdout) as { kind: string }[];
      for (const item of items) {
        const path = `${rbac}/${item.kind === 'Role' ? 'roles' : 'rolebindings'}`;
        expect((await server().request('admin', 'POST', path, item)).status).toBe(201);
      }
      await until('the rights', async () => (await cli('nobody', 'check', 'report')).code === 0);
      expect((await cli('nobody', 'check', 'other')).code).toBe(1);
    });
  });

  describe('run and step-down', () => {
    it('a leader of this library hands over when asked to', async () => {
      const name = `run-${randomUUID().slice(0, 8)}`;
      const start = (identity: string): CliProcess => {
        const args = ['run', '--lease', name, '--identity', identity, ...TIMINGS];
        const command = [
          '--',
          'sh',
          '-c',
          "trap 'exit 0' TERM; echo up; while :; do sleep 0.1; done",
        ];
        return new CliProcess(built.script, [...args, ...flags('candidate'), ...command]);
      };
      const ann = start('ann');
      await ann.printed('up');
      const ben = start('ben');
      try {
        await ben.printed('Another identity leads');
        expect(await json('reader', 'status', name)).toMatchObject({ leader: 'ann' });
        const { code, stdout } = await cli('candidate', 'step-down', name);
        expect([code, stdout]).toEqual([0, expect.stringContaining('Asked ann to hand over.')]);
        // Cut short, though the command calls it a success.
        expect(await ann.exitCode).toBe(75);
        await ben.printed('up');
      } finally {
        ann.kill('SIGKILL');
        ben.kill('SIGTERM');
        await ben.exitCode;
      }
    });

    it('nobody can be asked where nobody leads, and by nobody without rights', async () => {
      const name = await lease({ holderIdentity: '', leaseDurationSeconds: 1 });
      expect((await cli('candidate', 'step-down', name)).code).toBe(3);
      const held = await lease({ ...CLIENT_GO, renewTime: nowMicro() });
      const { code, stderr } = await cli('reader', 'step-down', held);
      expect(code).toBe(1);
      expect(stderr).toContain('missing the verb "update"');
    });
  });
});
