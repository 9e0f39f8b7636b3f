import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../src/testing.js';
import { Example } from './support/example.js';

/*
 * The examples, run as their comments say: as programs, against an API server that they find by
 * KUBECONFIG.
 */

describe('the examples', () => {
  let server: EmbeddedApiServer;
  let directory: string;
  let programs: Example[];

  beforeEach(async () => {
    server = await startEmbeddedApiServer({ namespaces: ['production'] });
    directory = await mkdtemp(join(tmpdir(), 'examples-'));
    await writeFile(join(directory, 'config'), server.kubeConfig());
    programs = [];
  });

  afterEach(async () => {
    for (const program of programs) program.kill();
    await server.close();
    await rm(directory, { recursive: true });
  });

  const run = (name: string, ...args: string[]): Example => {
    const program = new Example(name, { args, kubeConfigPath: join(directory, 'config') });
    programs.push(program);
    return program;
  };

  const holderOf = (namespace: string, name: string): unknown => {
    const configMap = server.store.get({ resource: 'configmaps', namespace, name });
    const annotation =
      configMap?.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] ?? '{}';
    return (JSON.parse(annotation) as { holderIdentity?: string }).holderIdentity;
  };

  it('basic: one of two leads, and hands over to the other when it is stopped', async () => {
    const first = run('basic', 'instance-1');
    await first.says('Leading as instance-1');
    const second = run('basic', 'instance-2');
    await second.says('The leader is instance-1');
    expect(holderOf('default', 'my-app-lock')).toBe('instance-1');

    expect(await first.stop('SIGTERM')).toBe(0);
    expect(first.lines.slice(-2)).toEqual([
      'Not leading any more (stopped): time to clean up',
      'Ended: stopped, lock released',
    ]);
    await second.says('Leading as instance-2');
    expect(holderOf('default', 'my-app-lock')).toBe('instance-2');

    expect(await second.stop('SIGINT')).toBe(0);
    expect(holderOf('default', 'my-app-lock')).toBe('');
  });

  it('high-availability-service: works while it leads, and gives the lock back', async () => {
    const service = run('high-availability-service');
    await service.says('Performing leader-only tasks...');
    const lock = ['production', 'data-processor-leader-election'] as const;
    expect(holderOf(...lock)).toBe('pod-12345');

    expect(await service.stop('SIGTERM')).toBe(0);
    expect(service.lines).toEqual([
      'data-processor: Became leader, starting operations',
      'Performing leader-only tasks...',
      'data-processor: Lost leadership, stopping operations',
      'data-processor: Ended (stopped), lock released',
    ]);
    expect(holderOf(...lock)).toBe('');
  });
});
