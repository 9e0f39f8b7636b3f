import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { dumpYaml, loadYaml } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { callCli } from './support/call-cli.js';

interface Kubeconfig {
  readonly 'current-context': string;
  readonly clusters: readonly object[];
  readonly contexts: readonly { readonly context: object; readonly name: string }[];
  readonly users: readonly { readonly user: { readonly token?: string }; readonly name: string }[];
}

interface Found {
  readonly ok: boolean;
  readonly user: string | null;
  readonly lock: string;
  readonly withoutCredentials: string | null;
  readonly trial: { readonly accepted: boolean | null; readonly reason: string } | null;
  readonly manifest: string | null;
}

describeWithApiServer('a kubeconfig with a real API server', (server) => {
  let directory: string;
  let admin: Kubeconfig;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kubeconfig-on-real-server-'));
    admin = loadYaml(readFileSync(await server().writeKubeConfig('admin'), 'utf8'));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function write(name: string, content: object): string {
    const path = join(directory, name);
    writeFileSync(path, dumpYaml(content));
    return path;
  }

  function withUser(user: object): Kubeconfig {
    return { ...admin, users: admin.users.map(({ name }) => ({ name, user })) };
  }

  async function check(...args: string[]): Promise<Found> {
    const { stdout } = await callCli('check', 'report', '--json', ...args);
    return JSON.parse(stdout) as Found;
  }

  const present = (): object => admin.users[0]!.user;

  it('of several files has the first context, and the user of another file', async () => {
    const { users, ...first } = admin;
    const other = { ...admin, 'current-context': 'other', users };
    vi.stubEnv(
      'KUBECONFIG',
      [join(directory, 'missing'), write('first', first), write('second', other)].join(delimiter),
    );

    expect(await check('-n', 'default')).toMatchObject({ ok: true, user: 'admin' });
  });

  it('whose user acts as another, in a group, is that user with the rights of the group', async () => {
    const acting = { ...present(), as: 'ann', 'as-groups': ['system:masters'] };

    const found = await check('-n', 'default', '--kubeconfig', write('acting', withUser(acting)));
    const alone = await check(
      ...['-n', 'default', '--kubeconfig'],
      write('alone', withUser({ ...present(), as: 'ann' })),
    );

    expect(found).toMatchObject({ ok: true, user: 'ann' });
    expect(alone).toMatchObject({ ok: false, user: 'ann', trial: null });
  });

  it('without credentials is told so, and gives rights to nobody', async () => {
    const file = write('anonymous', withUser({ token: '' }));

    const run = await callCli('check', 'report', '-n', 'default', '--kubeconfig', file);
    const status = await callCli('status', 'report', '-n', 'default', '--kubeconfig', file);

    for (const { code, stdout, stderr } of [run, status]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/sent: the token of the kubeconfig's user ".*" is empty/);
      expect(stdout + stderr).not.toMatch(/kind: Role|rolebinding|--user/);
    }
  });

  it('and a lock that somebody holds is one that a candidate could take, and is left as it is', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const spec = { holderIdentity: 'go-ann', leaseDurationSeconds: 15, leaseTransitions: 3 };
    const body = { metadata: { name: 'report' }, spec };
    expect((await server().request('admin', 'POST', leases, body)).status).toBe(201);

    const found = await check('-n', 'default', '--kubeconfig', write('admin', admin));

    expect(found).toMatchObject({ ok: true, trial: { verb: 'update', accepted: true } });
    const { body: after } = await server().request('admin', 'GET', `${leases}/report`);
    expect(after).toMatchObject({ spec });
  });
});
