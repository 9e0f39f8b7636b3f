import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { readManifest, specifiers } from './support/manifest.js';
import { run, runWell } from './support/run.js';

const { pod, readme, oldest, newest } = inject('installed');
const nodes = inject('nodes');

/** The names that each entry exports. */
type Names = Record<string, string[]>;

/** What has to be installed beside this package for these entries. */
const NEEDED = new Map([
  ['k8s-leader-election/prometheus', 'prom-client'],
  ['k8s-leader-election/opentelemetry', '@opentelemetry/api'],
]);

describe.each([20, 22, 24, 26] as const)('on Node %i, installed for a pod', (major) => {
  const node = nodes[major];
  const file = join(pod, 'kubeconfig');

  it('has no client-node, and needs none to be imported or required', async () => {
    expect(existsSync(join(pod, 'node_modules/@kubernetes'))).toBe(false);
    const others = specifiers.filter((specifier) => !NEEDED.has(specifier));
    const [imported, required] = await Promise.all(
      ['entries.mjs', 'entries.cjs'].map((program) =>
        runWell(node, [program, ...others], { cwd: pod }),
      ),
    );
    expect(required).toBe(imported);
  });

  it.each([...NEEDED])('says of %s that %s is not installed', async (specifier, needed) => {
    for (const program of ['entries.mjs', 'entries.cjs']) {
      const { code, stderr } = await run(node, [program, specifier], { cwd: pod });
      expect(stderr).toMatch(new RegExp(`Cannot find (package|module) '${needed}'`));
      expect(code).toBe(1);
    }
  });

  it('says where it has looked for a cluster when there is none', async () => {
    const env = { KUBECONFIG: '', HOME: pod, KUBERNETES_SERVICE_HOST: '' };
    const { code, stderr } = await run(node, ['first-use.mjs'], { cwd: pod, env });
    expect(stderr).toContain('No API server is to be found: KUBECONFIG names no file, ');
    expect(code).toBe(1);
  });

  it('says in one sentence what to install where a kubeconfig file is to be read', async () => {
    writeFileSync(file, 'kind: Config\n');
    const { code, stderr } = await run(node, ['first-use.mjs'], {
      cwd: pod,
      env: { KUBECONFIG: file },
    });
    expect(stderr.trim()).toBe(
      '@kubernetes/client-node is not installed, which reads kubeconfig files: run ' +
        `\`npm install @kubernetes/client-node@${major === 20 ? '^1.4.0' : 'latest'}\`.`,
    );
    expect(code).toBe(1);
  });

  it('has a command line that says the same', async () => {
    writeFileSync(file, 'kind: Config\n');
    const cli = join(pod, 'node_modules/.bin/k8s-leader-election');
    const { code, stderr } = await run(node, [cli, 'status', '--kubeconfig', file], { cwd: pod });
    expect(stderr).toContain('is not installed, which reads kubeconfig files: run `npm install');
    expect(code).toBe(1);
    expect(await runWell(node, [cli, '--help'], { cwd: pod })).toContain('step-down');
  });
});

it('the demo is played by what is installed for a pod', async () => {
  const cli = join(pod, 'node_modules/.bin/k8s-leader-election');
  const told = await runWell(nodes[20], [cli, 'demo', '--plain'], { cwd: pod });
  expect(told).toContain('Two leaders at once: at no moment.');
});

describe.each([
  { habit: 'installed by the line of the README', cwd: readme, major: 20, clientNode: 1 },
  { habit: 'installed by the line of the README', cwd: readme, major: 22, clientNode: 1 },
  { habit: 'installed by the line of the README', cwd: readme, major: 24, clientNode: 1 },
  { habit: 'installed by the line of the README', cwd: readme, major: 26, clientNode: 1 },
  { habit: 'with the oldest peers', cwd: oldest, major: 20, clientNode: 1 },
  { habit: 'with the newest peers', cwd: newest, major: 24, clientNode: 2 },
] as const)('on Node $major, $habit', ({ cwd, major, clientNode }) => {
  const node = nodes[major];

  it(`is Node ${major} with version ${clientNode} of client-node`, async () => {
    expect(await runWell(node, ['--version'], { cwd })).toMatch(new RegExp(`^v${major}\\.`));
    const { version } = readManifest(
      join(cwd, 'node_modules/@kubernetes/client-node/package.json'),
    );
    expect(version.split('.')[0]).toBe(String(clientNode));
  });

  it('gives the same names to import and to require, from every entry', async () => {
    const [imported, required] = await Promise.all(
      ['entries.mjs', 'entries.cjs'].map(async (program) => {
        return JSON.parse(await runWell(node, [program, ...specifiers], { cwd })) as Names;
      }),
    );
    expect(Object.keys(imported!)).toEqual(specifiers);
    for (const names of Object.values(imported!)) expect(names).not.toEqual([]);
    expect(required).toEqual(imported);
  });

  it.each(['errors.mjs', 'errors.cjs'])('calls errors by their names: %s', async (program) => {
    expect(JSON.parse(await runWell(node, [program], { cwd }))).toEqual({
      ConfigError: {
        name: 'ConfigError',
        says: expect.stringMatching(/^ConfigError: LeaseLock: /),
      },
      LockError: { name: 'LockError', says: expect.stringMatching(/^LockError: Lease default/) },
      NotLeaderError: { name: 'NotLeaderError', says: 'NotLeaderError: a does not lead: call ac' },
      lock: 'LeaseLock { ',
    });
  });

  it('keeps the kind of an error where lock and election are of two copies', async () => {
    expect(JSON.parse(await runWell(node, ['copies.mjs'], { cwd }))).toEqual({
      ...{ twoCopies: true, kind: 'network', code: 'ERR_LOCK_NETWORK' },
      ...{ is: [true, true, true], isNot: [false, false], ownIs: [true, true] },
    });
  });

  it.each(['election.mjs', 'election.cjs'])(
    'elects one candidate after the other: %s',
    async (program) => {
      const { stdout, stderr, code } = await run(node, [program], { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [first, second] = JSON.parse(stdout) as { token: number }[];
      const clean = { reason: 'stopped', led: true, released: true };
      expect(first).toMatchObject({ identity: 'a', ...clean });
      expect(second).toMatchObject({ identity: 'b', ...clean });
      expect(second!.token).toBeGreaterThan(first!.token);
    },
  );
});

describe('on Node 20, with version 2 of client-node, which needs a newer Node', () => {
  const node = nodes[20];

  it('can be imported and required', async () => {
    for (const program of ['entries.mjs', 'entries.cjs']) {
      await runWell(node, [program, ...specifiers], { cwd: newest });
    }
  });

  it('says in one sentence at the first use which version to install', async () => {
    const KUBECONFIG = join(newest, 'kubeconfig');
    writeFileSync(KUBECONFIG, 'kind: Config\n');
    const { code, stderr } = await run(node, ['first-use.mjs'], {
      cwd: newest,
      env: { KUBECONFIG },
    });
    const version = (await runWell(node, ['--version'], { cwd: newest })).trim();
    expect(stderr.trim()).toBe(
      `@kubernetes/client-node could not be loaded on Node ${version}: its version 2 needs ` +
        'Node 22.19 or newer, so run `npm install @kubernetes/client-node@^1.4.0`.',
    );
    expect(code).toBe(1);
  });
});
