import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { cached } from './cached.js';
import { PREPARATIONS, preparationsFor } from './preparations.js';

// A run on a machine with empty caches takes a quarter of an hour. What makes it pass is held here.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it.each([
  ['test/unit/lock/decide.test.ts', []],
  ['test/bench/bench.test.ts', []],
  ['test/support/preparations.test.ts', []],
  ['test/e2e/election.test.ts', ['kube-apiserver and etcd']],
  ['test/e2e/events.test.ts', ['kube-apiserver and etcd', 'kubectl']],
  ['test/cli/on-real-server.test.ts', ['kube-apiserver and etcd', 'the client-go candidate']],
  ['test/e2e/python.test.ts', ['kube-apiserver and etcd', 'the Python client']],
  ['test/inspect/page.test.ts', ['Chromium']],
  ['test/inspect/across-machines.test.ts', ['iproute2']],
  ['test/docs/postgresql-lock.test.ts', ['PostgreSQL']],
  ['test/spec/spec.test.ts', ['TLC']],
  ['test/metrics/alerts.test.ts', ['promtool']],
])('%s needs no more and no less than %j', (file, needed) => {
  expect(preparationsFor([file]).map(({ what }) => what)).toEqual(needed);
});

/** What the others build with. */
const TOOLS = [
  'test/support/cache-directory.ts',
  'test/support/cached.ts',
  'test/support/debian.ts',
];

it('whatever builds, fetches or installs for the tests is run before them', async () => {
  const builders: string[] = [];
  for (const name of await readdir(join(ROOT, 'test'), { recursive: true })) {
    const file = `test/${name}`;
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || TOOLS.includes(file)) continue;
    // The checks of the package have a set-up and a time of their own.
    if (file.startsWith('test/package/')) continue;
    const text = await readFile(join(ROOT, file), 'utf8');
    if (/\b(?:cached|beforeBuilding|installPackages)\(|'(?:apt-get|mvn)'/.test(text))
      builders.push(file);
  }
  expect(builders.sort()).toEqual(PREPARATIONS.map(({ module }) => module).sort());
});

it('inside a test nothing is built: it says so instead of using up the time of the test', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'empty-cache-'));
  onTestFinished(() => rm(cache, { recursive: true }));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  onTestFinished(() => void vi.unstubAllEnvs());
  const make = vi.fn(() => Promise.resolve());
  const building = cached({ name: 'program', version: '1', sources: [], make });
  await expect(building).rejects.toThrow(
    'Inside a test nothing is built, but program is not in the cache.',
  );
  expect(make).not.toHaveBeenCalled();
});
