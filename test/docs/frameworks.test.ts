import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../src/testing.js';
import { until } from '../cli/support/processes.js';
import { findFreePort } from '../support/free-port.js';
import { Example } from './support/example.js';

/*
 * The examples of docs/frameworks.md: each starts, leads and answers over HTTP, hands over when it is
 * told SIGTERM, and ends with 0.
 */
describe('the example for', () => {
  let server: EmbeddedApiServer;
  let directory: string;
  let example: Example | undefined;

  beforeEach(async () => {
    server = await startEmbeddedApiServer();
    directory = await mkdtemp(join(tmpdir(), 'frameworks-'));
    await writeFile(join(directory, 'config'), server.kubeConfig());
  });

  afterEach(async () => {
    example?.kill();
    await server.close();
    await rm(directory, { recursive: true });
  });

  const holder = (lease: string): unknown => {
    const found = server.store.get({ resource: 'leases', namespace: 'default', name: lease });
    return (found?.['spec'] as { holderIdentity?: unknown } | undefined)?.holderIdentity;
  };

  /** What it answers, as soon as that is what is wanted. */
  const answers = (url: string, wanted: object): Promise<unknown> =>
    until(`${JSON.stringify(wanted)} from ${url}`, async () => {
      const response = await fetch(url).catch(() => null);
      if (response?.status !== 200) return null;
      const body = (await response.json()) as Record<string, unknown>;
      const got = Object.fromEntries(Object.keys(wanted).map((key) => [key, body[key]]));
      return isDeepStrictEqual(got, wanted);
    });

  const start = async (name: string): Promise<string> => {
    const port = String(await findFreePort());
    const kubeConfigPath = join(directory, 'config');
    example = new Example(`frameworks/${name}`, { kubeConfigPath, env: { PORT: port } });
    return `http://127.0.0.1:${port}`;
  };

  it.each([
    ['http-server', '/', { leading: true }],
    ['nestjs', '/leader', { leading: true }],
    ['fastify', '/leader', { leading: true }],
    ['cron', '/', { leading: true, runs: 2 }],
    ['parent-statechart', '/', { state: 'leading' }],
  ])('%s leads, answers, and hands over on SIGTERM', async (name, path, wanted) => {
    const url = await start(name);
    await answers(`${url}${path}`, wanted);
    expect(holder(name)).toMatch(/^.+_/);

    expect(await example?.stop('SIGTERM')).toBe(0);
    expect(holder(name)).toBe('');
    // Nothing was told that had to be: neither warnings nor errors.
    expect(example?.lines.filter((line) => !/^(Leading|Run \d)/.test(line))).toEqual([]);
  });

  it('an informer sees what is there and what comes, and hands over on SIGTERM', async () => {
    const put = (name: string): unknown =>
      server.store.put({ kind: 'ConfigMap', metadata: { name } });
    put('there-before');
    const url = await start('informer');
    await answers(url, { leading: true, seen: ['there-before'] });
    put('new');
    await answers(url, { leading: true, seen: ['there-before', 'new'] });

    expect(await example?.stop('SIGTERM')).toBe(0);
    expect(holder('informer')).toBe('');
    // An informer that is not stopped keeps the program running; one that fails says so.
    expect(example?.lines.slice(-1)).toEqual(['new is to be reconciled']);
  });

  it('an informer that fails is started again, in the same term', async () => {
    server.store.put({ kind: 'ConfigMap', metadata: { name: 'there-before' } });
    const match = { verb: 'list', resource: 'configmaps' };
    server.faults.add({ match, times: 1, fault: { kind: 'status', status: 500 } });
    const url = await start('informer');
    await example?.says('The informer has failed');
    await answers(url, { leading: true, seen: ['there-before'] });
    expect(await example?.stop('SIGTERM')).toBe(0);
    expect(holder('informer')).toBe('');
  });
});
