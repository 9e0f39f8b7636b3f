import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import { LEADER_ANNOTATION } from '../../../src/lock/annotation-format.js';
import { LeaderElectionRecord } from '../../../src/lock/record.js';
import type { LockResult, LockSnapshot } from '../../../src/lock/resource-lock.js';
import type { LockError } from '../../../src/errors/lock-error.js';
import { folderOfEachTest } from '../kubernetes/support/folder.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';
import {
  answerWith,
  sendJson,
  serversOfEachTest,
  statusBody,
  type TestServer,
} from '../kubernetes/support/server.js';
import { everythingShown } from '../kubernetes/support/show.js';

const start = serversOfEachTest();
const folder = folderOfEachTest();
let server: TestServer;

beforeEach(async () => {
  server = await start(answerWith(200, stored()));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const SECRET = 'marked-secret-4711';
const time = '2026-03-01T12:00:00.000000Z';
const record = new LeaderElectionRecord({
  holderIdentity: 'me',
  leaseDurationSeconds: 15,
  acquireTime: '2026-03-01T12:00:00Z',
  renewTime: '2026-03-01T12:00:00.000Z',
  leaderTransitions: 3,
});

/** What is written of it. */
const spec = {
  holderIdentity: 'me',
  leaseDurationSeconds: 15,
  acquireTime: time,
  renewTime: time,
  leaseTransitions: 3,
};

/** A Lease as the API server might hold it, with content of others in every corner. */
function stored(change: object = {}): Record<string, unknown> {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: 'job',
      namespace: 'prod',
      uid: 'u-1',
      resourceVersion: '41',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { team: 'x' },
      annotations: { note: 'y' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u-2' }],
      finalizers: ['example.com/keep'],
      managedFields: [{ manager: 'kubectl', operation: 'Apply' }],
      ...change,
    },
    spec: {
      holderIdentity: 'other',
      leaseDurationSeconds: 30,
      strategy: 'S',
      preferredHolder: 'p',
    },
  };
}

/** That, without what the API server keeps by itself. */
function sentBack(): object {
  const { metadata, ...rest } = stored();
  const { managedFields, ...kept } = metadata as Record<string, unknown>;
  expect(managedFields).toBeDefined();
  return { ...rest, metadata: kept };
}

const place = { name: 'job', namespace: 'prod', identity: 'me' };

function leaseLock(options: object = {}, user: Record<string, unknown> = {}): LeaseLock {
  const config = kubeConfig({ server: server.url }, user);
  return new LeaseLock({ ...place, kubeConfig: config, ...options });
}

const configMapLock = (): ConfigMapLock =>
  new ConfigMapLock({ ...place, kubeConfig: kubeConfig({ server: server.url }) });

function ok(result: LockResult): LockSnapshot {
  if (!result.ok) throw result.error;
  return result;
}

function failed(result: LockResult): LockError {
  if (result.ok) throw new Error('expected a failure');
  return result.error;
}

describe('get', () => {
  it('reads the object by its name and resolves with its record, version and content', async () => {
    const result = ok(await leaseLock().get());

    const [seen] = server.requests;
    expect(seen?.method).toBe('GET');
    expect(seen?.url).toBe('/apis/coordination.k8s.io/v1/namespaces/prod/leases/job');
    expect(result).toMatchObject({
      record: { holderIdentity: 'other', leaseDurationSeconds: 30 },
      unreadable: null,
      version: '41',
    });
    expect(result.object).toEqual(sentBack());
    expect(result.record).toBeInstanceOf(LeaderElectionRecord);
  });

  it('reads a ConfigMap from the core API', async () => {
    server.handle(answerWith(200, { metadata: { name: 'job', resourceVersion: '5' } }));

    const result = ok(await configMapLock().get());

    expect(server.requests[0]?.url).toBe('/api/v1/namespaces/prod/configmaps/job');
    expect(result).toMatchObject({ record: null, unreadable: null, fingerprint: '', version: '5' });
  });

  it('resolves with an error when the object does not exist', async () => {
    server.handle(answerWith(404, statusBody(404, 'NotFound', 'leases "job" not found')));

    const error = failed(await leaseLock().get());

    expect(error).toMatchObject({ kind: 'notFound', status: 404, reason: 'NotFound' });
    expect(error.message).toBe('Lease prod/job does not exist (HTTP 404 NotFound).');
  });

  it.each([
    ['HTML', '<html>', /something that is not JSON/],
    ['an array', '[]', /something that is not JSON/],
    ['another object', JSON.stringify(stored({ name: 'jab' })), /another object/],
    ['no version', JSON.stringify(stored({ resourceVersion: '' })), /without resourceVersion/],
    [
      'a version that is no number',
      JSON.stringify(stored({ resourceVersion: 'v1' })),
      /whose resourceVersion must be a decimal number as text, such as "1042", but is "v1"/,
    ],
  ])('does not take %s for the object', async (_, text, expected) => {
    server.handle((_request, response) => response.writeHead(200).end(text));

    const error = failed(await leaseLock().get());

    expect(error.kind).toBe('serverError');
    expect(error.message).toMatch(expected);
  });
});

describe('create', () => {
  it('posts the record, with six digits in its times, and the labels', async () => {
    const lock = leaseLock({ labels: { app: 'job' } });

    ok(await lock.create(record));

    const [seen] = server.requests;
    expect(seen?.method).toBe('POST');
    expect(seen?.url).toBe('/apis/coordination.k8s.io/v1/namespaces/prod/leases');
    expect(seen?.body).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'job', namespace: 'prod', labels: { app: 'job' } },
      spec,
    });
  });

  it('posts a ConfigMap with the record in its annotation', async () => {
    await configMapLock().create(record);

    expect(server.requests[0]?.body).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'job',
        namespace: 'prod',
        annotations: {
          [LEADER_ANNOTATION]: `{"holderIdentity":"me","leaseDurationSeconds":15,"acquireTime":"${time}","renewTime":"${time}","leaderTransitions":3}`,
        },
      },
    });
  });

  it('in a namespace that does not exist says so, and is no sign that the object is gone', async () => {
    server.handle(answerWith(404, statusBody(404, 'NotFound', 'namespaces "prod" not found')));

    const error = failed(await leaseLock().create(record));

    expect(error.kind).toBe('invalid');
    expect(error.message).toContain('namespace "prod" does not exist');
  });
});

describe('update', () => {
  it('sends the object back as read, with only the record changed, but for managedFields', async () => {
    const lock = leaseLock();
    const base = ok(await lock.get());

    const result = ok(await lock.update(record, { base }));

    const seen = server.requests[1];
    expect(seen?.method).toBe('PUT');
    expect(seen?.url).toBe('/apis/coordination.k8s.io/v1/namespaces/prod/leases/job');
    expect(seen?.body).toEqual({
      ...sentBack(),
      spec: { strategy: 'S', preferredHolder: 'p', ...spec },
    });
    expect(result.version).toBe('41');
  });

  it('is conditional on the version of its base, by itself that of what was read or written last', async () => {
    const lock = leaseLock();
    const base = ok(await lock.get());
    server.handle(answerWith(200, stored({ resourceVersion: '50' })));
    await lock.update(record);
    await lock.update(record, { base });
    server.handle(answerWith(409, statusBody(409, 'Conflict', 'changed')));

    const error = failed(await lock.update(record));

    expect(server.requests.slice(1).map(versionOf)).toEqual(['41', '41', '50']);
    expect(error.kind).toBe('conflict');
    expect(error.message).toContain('Lease prod/job has changed since it was read');
  });

  it.each([
    ['nothing was read before', undefined, /call get\(\) first, or pass base/],
    ['its base has no version', { version: '' }, /has no version/],
    [
      'its base is of another object',
      { object: stored({ name: 'jab' }) },
      /not a snapshot of this/,
    ],
    ['its base has no object', { object: null }, /not a snapshot of this object/],
  ])('is refused, with nothing sent, when %s', async (_, change, expected) => {
    const lock = leaseLock();
    const snapshot = { record, unreadable: null, fingerprint: 'f', version: '1', object: stored() };
    const base = change === undefined ? undefined : { ...snapshot, ...change };

    const error = failed(await lock.update(record, { base }));

    expect(error.kind).toBe('invalid');
    expect(error.message).toMatch(expected);
    expect(server.requests).toHaveLength(0);
  });
});

describe('a record that cannot be stored', () => {
  it.each([
    ['leaseDurationSeconds', 0, /leaseDurationSeconds must be a whole number above 0/],
    ['leaseDurationSeconds', 1.5, /leaseDurationSeconds must be a whole number/],
    ['leaderTransitions', -1, /leaderTransitions must be a whole number/],
    ['acquireTime', 'yesterday', /acquireTime must be an ISO 8601 time/],
    ['renewTime', '2026-02-30T00:00:00Z', /renewTime must be an ISO 8601 time/],
    ['holderIdentity', null, /holderIdentity must be a string/],
  ])('because %s is %j is refused with nothing sent', async (field, value, expected) => {
    const broken = { ...record, [field]: value } as unknown as LeaderElectionRecord;

    const error = failed(await leaseLock().create(broken));

    expect(error.kind).toBe('invalid');
    expect(error.message).toMatch(expected);
    expect(server.requests).toHaveLength(0);
  });
});

describe('a call that cannot be made', () => {
  it('resolves even when the kubeConfig itself throws', async () => {
    const config = kubeConfig({ server: server.url });
    config.getCurrentCluster = () => {
      throw new Error(SECRET);
    };

    const error = failed(await leaseLock({ kubeConfig: config }).get());

    expect(error.message).toMatch(/^Lease prod\/job: /);
    expect(everythingShown(error)).not.toContain(SECRET);
  });
});

describe('a lock whose namespace is left to the kubeconfig', () => {
  it('does not know it before its first call, and uses it then', async () => {
    const kubeConfigOfStaging = kubeConfig({ server: server.url }, {}, { namespace: 'staging' });
    const lock = new LeaseLock({ name: 'job', kubeConfig: kubeConfigOfStaging });
    expect(lock.description).toBe('Lease job');
    expect(lock.namespace).toBeUndefined();
    expect(lock.toJSON()).not.toHaveProperty('namespace');

    await lock.get();

    expect(server.requests[0]?.url).toContain('/namespaces/staging/leases/job');
    expect(lock.description).toBe('Lease staging/job');
    expect(lock.namespace).toBe('staging');
  });

  it('takes kubeconfig and namespace from KUBECONFIG when it is given neither', async () => {
    const context = { cluster: 'c', user: 'u', namespace: 'dev' };
    const text = JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: server.url } }],
      users: [{ name: 'u', user: { token: 'abc' } }],
      contexts: [{ name: 'x', context }],
      'current-context': 'x',
    });
    vi.stubEnv('KUBECONFIG', folder.write('config', text));

    ok(await new LeaseLock({ name: 'job' }).get());

    expect(server.requests[0]?.url).toContain('/namespaces/dev/leases/job');
    expect(server.requests[0]?.headers.authorization).toBe('Bearer abc');
  });
});

describe('what a lock shows of itself', () => {
  it('is its kind, name, namespace and identity, in JSON and in the console', async () => {
    const lock = leaseLock({}, { token: SECRET });
    await lock.get();

    expect(lock.description).toBe('Lease prod/job');
    expect(JSON.parse(JSON.stringify(lock))).toEqual({ kind: 'Lease', ...place });
    expect(inspect(lock)).toBe(
      "LeaseLock { kind: 'Lease', name: 'job', namespace: 'prod', identity: 'me' }",
    );
    expect(Object.keys(lock)).toEqual([]);
    expect(everythingShown(lock)).not.toContain(SECRET);
    expect(everythingShown({ nested: [lock] })).not.toContain(server.url);
  });

  it.each([401, 403, 409, 500])('holds no secret in an error of %i', async (code) => {
    server.handle((request, response) => {
      const echo = `you sent ${request.headers.authorization}`;
      sendJson(response, code, statusBody(code, 'Reason', echo));
    });

    const error = failed(await leaseLock({}, { token: SECRET }).get());

    expect(everythingShown(error)).not.toContain(SECRET);
  });
});

function versionOf({ body }: { readonly body: unknown }): string | undefined {
  return (body as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
}
