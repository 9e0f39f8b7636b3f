import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEADER_ANNOTATION } from '../../../src/lock/annotation-format.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import type { LockSnapshot, ResourceLock } from '../../../src/lock/resource-lock.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { record } from '../../support/controllable-lock.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';
import { type SeenRequest, startServer } from '../kubernetes/support/server.js';

let server: EmbeddedApiServer;
let nowMs: number;

const START_MS = Date.parse('2030-01-01T00:00:00Z');

beforeEach(async () => {
  nowMs = START_MS;
  server = await startEmbeddedApiServer({ now: () => new Date(nowMs) });
});

afterEach(async () => {
  await server.close();
});

function lockOn(kind: 'Lease' | 'ConfigMap', url = server.url): LeaseLock | ConfigMapLock {
  const options = { name: 'job', namespace: 'default', kubeConfig: kubeConfig({ server: url }) };
  return kind === 'Lease' ? new LeaseLock(options) : new ConfigMapLock(options);
}

/** The lock as a holder wrote it at `START_MS`, as another candidate reads it so much later. */
async function readLater(lock: ResourceLock, afterMs: number): Promise<LockSnapshot> {
  const written = await lock.create(record());
  if (!written.ok) throw written.error;
  nowMs += afterMs;
  return read(lock);
}

async function read(lock: ResourceLock): Promise<LockSnapshot> {
  const answer = await lock.get();
  if (!answer.ok) throw answer.error;
  return answer;
}

describe.each(['Lease', 'ConfigMap'] as const)('the age of a %s', (kind) => {
  it('is told by the clock of its server, whose it is and by how much it is wrong', async () => {
    const lock = lockOn(kind);
    const found = await readLater(lock, 60_000);
    expect(found.writtenAtMs).toBe(START_MS);
    await expect(lock.writtenAgo(found)).resolves.toBe(60_000);
  });

  it('is asked for by one PUT that writes nothing', async () => {
    const lock = lockOn(kind);
    const found = await readLater(lock, 60_000);
    const before = server.requests.length;
    await lock.writtenAgo(found);
    const sent = server.requests.slice(before).map(({ method, query }) => [method, query]);
    expect(sent).toEqual([['PUT', 'dryRun=All']]);
    expect(await read(lock)).toEqual(found);
    // A write that says nothing of its base rests on what is stored, not on the answer.
    await lock.writtenAgo(found);
    const stored = await lock.update(record({ holderIdentity: 'me' }));
    expect(stored).toMatchObject({ ok: true, record: { holderIdentity: 'me' } });
  });

  it('is told of a record without times, holder or duration', async () => {
    const lock = lockOn(kind);
    const odd = { acquireTime: '', renewTime: '', leaseDurationSeconds: 1 };
    const written = await lock.create(record(odd));
    if (!written.ok) throw written.error;
    nowMs += 60_000;
    await expect(lock.writtenAgo(await read(lock))).resolves.toBe(60_000);
  });

  it('is unknown, and not asked for, where the object has no dates', async () => {
    const lock = lockOn(kind);
    const { writtenAtMs, ...found } = await readLater(lock, 60_000);
    const before = server.requests.length;
    expect(writtenAtMs).toBe(START_MS);
    await expect(lock.writtenAgo(found)).resolves.toBeUndefined();
    expect(server.requests.length).toBe(before);
  });

  it('is not asked for on the base of something else', async () => {
    const lock = lockOn(kind);
    const found = { ...(await readLater(lock, 60_000)), object: null };
    await expect(lock.writtenAgo(found)).rejects.toMatchObject({ kind: 'invalid' });
  });
});

describe('the age of a ConfigMap', () => {
  it.each([
    'not JSON',
    '{"holderIdentity":{}}',
    '{"holderIdentity":"x","leaseDurationSeconds":"y"}',
  ])('is told of an annotation that nobody can read: %s', async (annotation) => {
    server.store.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'job',
        namespace: 'default',
        annotations: { [LEADER_ANNOTATION]: annotation },
      },
    });
    const lock = lockOn('ConfigMap');
    nowMs += 60_000;
    await expect(lock.writtenAgo(await read(lock))).resolves.toBe(60_000);
  });
});

/** What a balancer, a proxy or a cache may write into the head of every answer. */
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { date: 'Tue, 01 Jan 2030 00:05:00 GMT' },
  { date: 'Wed, 01 Jan 3000 00:00:00 GMT' },
  { date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
  { date: 'soon' },
  { age: '86400' },
  { 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT' },
  { expires: 'Thu, 01 Jan 1970 00:00:00 GMT' },
  { 'retry-after': '0' },
  { etag: '"1"', warning: '110 - "Response is Stale"' },
];

/** Hands on what it is asked, and dates the answers itself. */
async function forward(
  { method, url, body }: SeenRequest,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const sent = { method, headers: { 'content-type': 'application/json' } };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${server.url}${url}`, { ...sent, ...content });
  response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
  response.end(await answer.text());
}

describe('an answer on which something in between has written', () => {
  it.each(HEADERS)('%j is as old as it is', async (headers) => {
    const proxy = await startServer((request, response) => {
      void forward(request, response, headers);
    });
    try {
      const lock = lockOn('Lease', proxy.url);
      const found = await readLater(lock, 20_000);
      expect(found).toEqual(await read(lockOn('Lease')));
      await expect(lock.writtenAgo(found)).resolves.toBe(20_000);
    } finally {
      await proxy.close();
    }
  });

  it('tells no age where a dry run was stored after all', async () => {
    // Something that takes the query off a URL.
    const proxy = await startServer((request, response) => {
      const [url = ''] = request.url.split('?');
      void forward({ ...request, url }, response, {});
    });
    try {
      const lock = lockOn('Lease', proxy.url);
      const found = await readLater(lock, 60_000);
      await expect(lock.writtenAgo(found)).resolves.toBeUndefined();
    } finally {
      await proxy.close();
    }
  });
});
