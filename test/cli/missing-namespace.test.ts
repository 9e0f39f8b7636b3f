import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../src/testing.js';
import { callCli } from './support/call-cli.js';

const SAID = /There is no namespace "away": mend the name or the context, or create it/;

describe('where nothing is found', () => {
  let server: EmbeddedApiServer;
  let directory: string;
  let kubeconfig: string;
  let allow: () => void = () => undefined;

  beforeAll(async () => {
    server = await startEmbeddedApiServer();
    directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-namespace-'));
    kubeconfig = join(directory, 'config');
    writeFileSync(kubeconfig, server.kubeConfig());
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    allow();
  });

  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const cases: readonly (readonly [string, number])[] = [
    ['status report', 3],
    ['status report --json', 3],
    ['status', 0],
    ['status --json', 0],
    ['leader report', 3],
    ['step-down report', 3],
    ['watch report --for 0.1', 0],
    ['watch --for 0.1', 0],
  ];

  const called = async (words: string, namespace: string) => {
    const argv = [...words.split(' '), '--kubeconfig', kubeconfig, '-n', namespace];
    const { code, stdout, stderr } = await callCli(...argv);
    return { code, text: `${stdout}${stderr}`.replaceAll('\\', '').replace(/\s+/g, ' ') };
  };

  it.each(cases)('%s says that it is the namespace', async (words, expected) => {
    const { code, text } = await called(words, 'away');
    expect(text).toMatch(SAID);
    expect(text).not.toContain('There is no such object:');
    expect(code).toBe(expected);
  });

  it.each(cases)('%s does not say so of one that exists', async (words, expected) => {
    const { code, text } = await called(words, 'default');
    expect(text).not.toContain('There is no namespace');
    expect(code).toBe(expected);
  });

  it.each(cases)('%s does not say so where it may not ask', async (words, expected) => {
    allow = server.deny({ resource: 'namespaces' });
    const { code, text } = await called(words, 'away');
    expect(text).not.toContain('There is no namespace');
    expect(code).toBe(expected);
  });

  it.each([
    ['NAMESPACE', 'away', ['-A'], 'in any namespace'],
    ['ALL_NAMESPACES', 'true', ['-n', 'default'], 'in namespace "default"'],
  ])('a flag counts more than the variable %s=%s', async (name, value, flags, where) => {
    vi.stubEnv(`K8S_LEADER_ELECTION_${name}`, value);
    const { code, stdout } = await callCli('status', '--kubeconfig', kubeconfig, ...flags);
    expect([code, stdout]).toEqual([0, `There are no Leases ${where}.\n`]);
  });
});
