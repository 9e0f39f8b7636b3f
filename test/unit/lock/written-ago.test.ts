import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEADER_ANNOTATION } from '../../../src/lock/annotation-format.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import type { LockResult, LockSnapshot, ResourceLock } from '../../../src/lock/resource-lock.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { record } from '../../support/controllable-lock.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';
import { serversOfEachTest } from '../kubernetes/support/server.js';

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
async function readLater(lock: ResourceLock, afterMs: number, fields = {}): Promise<LockSnapshot> {
  ok(await lock.create(record(fields)));
  nowMs += afterMs;
  return read(lock);
}

const read = async (lock: ResourceLock): Promise<LockSnapshot> => ok(await lock.get());

function ok(answer: LockResult): LockSnapshot {
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
    await expect(lock.writtenAgo(await readLater(lock, 60_000, odd))).resolves.toBe(60_000);
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
    const annotations = { [LEADER_ANNOTATION]: annotation };
    const metadata = { name: 'job', namespace: 'default', annotations };
    server.store.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    const lock = lockOn('ConfigMap');
    nowMs += 60_000;
    await expect(lock.writtenAgo(await read(lock))).resolves.toBe(60_000);
  });
});

/** What a balancer, a proxy or a cache may write into the head of every answer. */
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { date: 'Tue, 01 Jan 2030 00:05:00 GMT' },
  { date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
  { date: 'soon' },
  { age: '86400' },
  { 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT' },
  { expires: 'Thu, 01 Jan 1970 00:00:00 GMT', warning: '110 - "Response is Stale"' },
];

const startProxy = serversOfEachTest();

/** A lock behind something that hands on what it is asked, and changes URLs and headers. */
async function lockBehind(headers: object, changed = (url: string): string => url) {
  const proxy = await startProxy(({ method, url, body }, response) => {
    void (async () => {
      const sent = { method, headers: { 'content-type': 'application/json' } };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`${server.url}${changed(url)}`, { ...sent, ...content });
      response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
      response.end(await answer.text());
    })();
  });
  return lockOn('Lease', proxy.url);
}

describe('an answer on which something in between has written', () => {
  it.each(HEADERS)('%j is as old as it is', async (headers) => {
    const lock = await lockBehind(headers);
    const found = await readLater(lock, 20_000);
    expect(found).toEqual(await read(lockOn('Lease')));
    await expect(lock.writtenAgo(found)).resolves.toBe(20_000);
  });

  it('tells no age where a dry run was stored after all', async () => {
    // Something that takes the query off a URL.
    const lock = await lockBehind({}, (url) => url.replace(/\?.*/, ''));
    await expect(lock.writtenAgo(await readLater(lock, 60_000))).resolves.toBeUndefined();
  });
});
