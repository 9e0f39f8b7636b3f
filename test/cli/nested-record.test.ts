import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LEADER_ANNOTATION } from '../../src/lock/annotation-format.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../src/testing.js';
import { callCli } from './support/call-cli.js';

let server: EmbeddedApiServer;
let folder: string;
let file: string;

beforeEach(async () => {
  server = await startEmbeddedApiServer();
  folder = mkdtempSync(join(tmpdir(), 'nested-'));
  file = join(folder, 'config');
  writeFileSync(file, server.kubeConfig());
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

it('a record that is nested very deep is unreadable like any other, for the whole namespace', async () => {
  const deep = `{"holderIdentity":${'['.repeat(6000)}${']'.repeat(6000)}}`;
  const records = { deep, sound: '{"holderIdentity":"ann","leaseDurationSeconds":15}' };
  for (const [name, annotation] of Object.entries(records)) {
    await fetch(`${server.url}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, annotations: { [LEADER_ANNOTATION]: annotation } },
      }),
    });
  }
  const all = await callCli('status', '--lock', 'configmap', '--kubeconfig', file);
  const one = await callCli('status', 'deep', '--lock', 'configmap', '--kubeconfig', file);

  expect(all.stderr).toBe('');
  expect(all.code).toBe(0);
  expect(all.stdout).toContain('ann');
  expect(all.stdout).toContain('deep');
  expect(one.stdout).toMatch(/nested more\s+than 100 levels deep/);
});
