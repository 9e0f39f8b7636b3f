import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LEADER_ANNOTATION } from '../../src/lock/annotation-format.js';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../src/testing.js';
import { HOSTILE_WORD, unseenIn } from '../unit/text/unseen.js';
import { callCli, type Called } from './support/call-cli.js';

let server: EmbeddedApiServer;
let directory: string;
let kubeconfig: string;

beforeAll(async () => {
  server = await startEmbeddedApiServer();
  directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-hostile-'));
  kubeconfig = join(directory, 'config');
  writeFileSync(kubeconfig, server.kubeConfig());
});

afterEach(() => {
  server.faults.clear();
});

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

function call(...argv: string[]): Promise<Called> {
  const [command = '', ...rest] = argv;
  const inDefault = rest.includes('-A') ? [] : ['-n', 'default'];
  return callCli(command, '--kubeconfig', kubeconfig, ...inDefault, ...rest);
}

/** What was said, when it is fit for a terminal. */
function harmless({ stdout, stderr }: Called): string {
  const said = stdout + stderr;
  expect(said).not.toBe('');
  expect(unseenIn(said)).toBeNull();
  return said;
}

function hold(holderIdentity: string): void {
  const now = new Date().toISOString().replace('Z', '000Z');
  const spec = { holderIdentity, leaseDurationSeconds: 60, acquireTime: now, renewTime: now };
  server.store.put({ kind: 'Lease', metadata: { name: 'a', namespace: 'default' }, spec });
  const record = { holderIdentity, leaseDurationSeconds: 60, acquireTime: holderIdentity };
  const annotations = { [LEADER_ANNOTATION]: JSON.stringify({ ...record, renewTime: now }) };
  server.store.put({
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'default', annotations },
  });
}

const LOOKS = [
  ['leader', 'a'],
  ['status'],
  ['status', '-A'],
  ['status', 'a'],
  ['watch', '--for', '0.3'],
  ['watch', 'a', '--for', '0.3'],
  ['step-down', 'a', '--timeout', '1'],
].flatMap((argv) => [
  [argv],
  [[...argv, '--json']],
  [[...argv, '--lock', 'configmap']],
  [[...argv, '--lock', 'configmap', '--json']],
]);

describe('a holder with a name that would take over the terminal', () => {
  it.each(LOOKS)('is named harmlessly by %j', async (argv) => {
    hold(HOSTILE_WORD);
    expect(harmless(await call(...argv))).toMatch(/a\\u001b\[31m\\u0007/);
  });

  it('cannot add a line to what it is named in', async () => {
    hold('ada\nbob');
    expect((await call('leader', 'a')).stdout).toBe('ada\\u000abob\n');
    expect(JSON.parse((await call('leader', 'a', '--json')).stdout)).toBe('ada\nbob');
    for (const command of [['status'], ['status', 'a'], ['watch', 'a', '--for', '0.3']]) {
      expect((await call(...command)).stdout).toContain('ada\\u000abob');
    }
  });

  it('has its own name in JSON', async () => {
    hold(HOSTILE_WORD);
    const { stdout } = await call('status', 'a', '--json', '--lock', 'configmap');
    expect(JSON.parse(stdout)).toMatchObject({ holder: HOSTILE_WORD, leader: HOSTILE_WORD });
  });

  it.each(LOOKS)('is cut when it is long by %j', async (argv) => {
    hold('x'.repeat(60_000));
    const { stdout, stderr } = await call(...argv);
    expect(stdout + stderr).toContain('xxx');
    expect((stdout + stderr).length).toBeLessThan(10_000);
  });
});

describe('a server whose answers would take over the terminal', () => {
  const commands = [['status'], ['status', 'a'], ['watch', 'a'], ['step-down', 'a'], ['check']];
  const statuses = [400, 401, 403, 404, 409, 429, 500];

  it.each(commands.flatMap((argv) => statuses.map((status) => [argv, status] as const)))(
    'is quoted harmlessly by %j after HTTP %i',
    async (argv, status) => {
      const details = { kind: HOSTILE_WORD, causes: [{ reason: HOSTILE_WORD }] };
      const body = { kind: 'Status', reason: HOSTILE_WORD, message: HOSTILE_WORD, details };
      server.faults.add({ fault: { kind: 'status', status, body } });
      for (const flags of [[], ['--json']]) harmless(await call(...argv, ...flags));
    },
  );
});

describe('flags that would take over the terminal', () => {
  it.each([
    ['--context', HOSTILE_WORD],
    ['--lease', HOSTILE_WORD],
    ['--identity', HOSTILE_WORD.slice(0, -1)],
    ['--lock', HOSTILE_WORD],
    ['--retry-period', HOSTILE_WORD],
    ['--kubeconfig', HOSTILE_WORD.replaceAll('\0', '')],
    [`--${HOSTILE_WORD}`, ''],
    [HOSTILE_WORD, HOSTILE_WORD],
  ])('are quoted harmlessly: %j', async (flag, value) => {
    const called = await call('status', flag, value);
    expect(called.code).toBeGreaterThan(0);
    harmless(called);
    harmless(await callCli(flag, value));
  });
});

it('a record that is nested very deep is unreadable like any other, for the whole namespace', async () => {
  const deep = `{"holderIdentity":${'['.repeat(6000)}${']'.repeat(6000)}}`;
  const records = { deep, sound: '{"holderIdentity":"ann","leaseDurationSeconds":15}' };
  for (const [name, annotation] of Object.entries(records)) {
    const metadata = {
      name,
      namespace: 'default',
      annotations: { [LEADER_ANNOTATION]: annotation },
    };
    server.store.put({ kind: 'ConfigMap', metadata });
  }
  const all = await call('status', '--lock', 'configmap');
  const one = await call('status', 'deep', '--lock', 'configmap');

  expect([all.code, all.stderr]).toEqual([0, '']);
  expect(all.stdout).toContain('ann');
  expect(all.stdout).toContain('deep');
  expect(one.stdout).toMatch(/nested more\s+than 100 levels deep/);
});
