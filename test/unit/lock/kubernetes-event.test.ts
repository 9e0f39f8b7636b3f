import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors/config-error.js';
import type { LockError } from '../../../src/errors/lock-error.js';
import type { KubernetesLockOptions } from '../../../src/lock/lock-options.js';
import { LeaseLock } from '../../../src/lock/locks.js';
import type { LockEvent } from '../../../src/lock/resource-lock.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';
import { record } from '../../support/controllable-lock.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';

let server: EmbeddedApiServer;

beforeEach(async () => {
  server = await startEmbeddedApiServer({ tokens: { marked: 'ann' } });
});

afterEach(() => server.close());

const EVENT: LockEvent = { what: 'became leader', atMs: Date.parse('2026-03-01T12:00:00.250Z') };

function lockWith(options: Partial<KubernetesLockOptions> = {}): LeaseLock {
  return new LeaseLock({
    name: 'job',
    namespace: 'default',
    identity: 'ada',
    kubeConfig: kubeConfig({ server: server.url }, { token: 'marked' }),
    events: true,
    ...options,
  });
}

const eventRequests = () => server.requests.filter(({ resource }) => resource === 'events');

/** What an event fails with. */
async function failure(lock: LeaseLock, signal?: AbortSignal): Promise<LockError> {
  try {
    await lock.recordEvent?.(EVENT, { signal });
  } catch (error) {
    return error as LockError;
  }
  throw new Error('It did not fail');
}

describe('the option events of a lock', () => {
  it.each([false, undefined])('is off when it is %s: there is nothing to call', (events) => {
    expect(lockWith({ events }).recordEvent).toBeUndefined();
  });

  it('must be true or false', () => {
    expect(() => lockWith({ events: 'yes' as never })).toThrow(ConfigError);
    expect(() => lockWith({ events: 'yes' as never })).toThrow('events must be true or false');
  });

  it('tells of an object that nobody has seen yet by its name', async () => {
    await lockWith().recordEvent?.(EVENT);

    expect(eventRequests()).toMatchObject([{ method: 'POST', status: 201, user: 'ann' }]);
    const { name } = eventRequests()[0]!;
    expect(name).toBe('');
  });

  it('gives events of one millisecond different names, and of a long name a short one', async () => {
    const lock = lockWith();
    for (let i = 0; i < 5; i += 1) await lock.recordEvent?.(EVENT);
    await lockWith({ name: 'a'.repeat(253) }).recordEvent?.(EVENT);

    expect(eventRequests().map(({ status }) => status)).toEqual(Array(6).fill(201));
  });
});

describe('an Event that cannot be written', () => {
  it('for want of a right says what to grant: the Role of a candidate, and events besides', async () => {
    server.deny({ resource: 'events' });

    const error = await failure(lockWith());

    expect(error.kind).toBe('forbidden');
    expect(error.message).toBe(
      `Event about Lease default/job: user "ann" is missing the verb "create" on events in namespace "default" (HTTP 403 Forbidden). Add this Role and bind it:
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: job-leader-election
  namespace: default
rules:
  - apiGroups: ["coordination.k8s.io"]
    resources: ["leases"]
    verbs: ["create"]
  - apiGroups: ["coordination.k8s.io"]
    resources: ["leases"]
    resourceNames: ["job"]
    verbs: ["get", "update", "watch"]
  - apiGroups: [""]
    resources: ["events"]
    verbs: ["create"]
# kubectl create rolebinding job-leader-election --role=job-leader-election --user=ann --namespace=default`,
    );
  });

  it.each([
    [true, 3],
    [false, 2],
  ])('with events %s the Role for the lock itself has %s rules', async (events, rules) => {
    server.deny({ resource: 'leases' });

    const answer = await lockWith({ events }).get();

    const { message } = (answer as { error: LockError }).error;
    expect(message.match(/apiGroups/g)).toHaveLength(rules);
  });

  it('is told in the words of its failure', async () => {
    server.faults.add({ match: { resource: 'events' }, fault: { kind: 'status', status: 500 } });
    const error = await failure(lockWith());
    expect(error.kind).toBe('serverError');
    expect(error.message).toMatch(/^Event about Lease default\/job: the API server at .* failed/);
  });

  it('is given up when its caller gives up', async () => {
    server.faults.add({ match: { resource: 'events' }, fault: { kind: 'hang' } });
    const controller = new AbortController();
    const failed = failure(lockWith(), controller.signal);
    await expect.poll(() => eventRequests()).toHaveLength(1);
    controller.abort();
    expect((await failed).kind).toBe('aborted');
  });
});

describe('what nobody waits for', () => {
  it('holds up no other request while the server does not answer it', async () => {
    server.faults.add({ match: { resource: 'events' }, fault: { kind: 'hang' } });
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const failures = controllers.map(({ signal }) => failure(lockWith(), signal));
    await expect.poll(() => eventRequests()).toHaveLength(1);

    const lock = lockWith();
    await lock.create(record({ holderIdentity: 'ada' }));
    for (let i = 0; i < 50; i += 1) expect(await lock.get()).toMatchObject({ ok: true });

    // One is under way for all of them; the others wait for their turn.
    expect(eventRequests()).toHaveLength(1);
    for (const controller of controllers) controller.abort();
    for (const failed of await Promise.all(failures)) expect(failed.kind).toBe('aborted');
  });
});
