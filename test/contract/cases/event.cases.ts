import { expect, it } from 'vitest';

import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import { record } from '../../support/controllable-lock.js';
import { type DefineCases, expectInvalid, expectRefusal, expectUnfit } from '../context.js';
import type { Document, Reply } from '../raw-client.js';
import { kubeConfigOf } from '../target.js';

export const eventCases: DefineCases = (context) => {
  const about = (): Record<string, string> => {
    const kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
    return { ...kind, name: 'one', namespace: context().namespace };
  };
  const post = (fields: object): Promise<Reply> => {
    const { admin, events, newName } = context();
    const metadata = { name: newName() };
    return admin.send('POST', events, { apiVersion: 'v1', kind: 'Event', metadata, ...fields });
  };

  it('an Event of the old style is kept, and what it leaves out is written out', async () => {
    const fields = {
      involvedObject: about(),
      reason: 'LeaderElection',
      message: 'a became leader',
      type: 'Normal',
      source: { component: 'a' },
      count: 1,
      firstTimestamp: '2024-01-01T00:00:00.5Z',
      lastTimestamp: '2024-01-01T01:00:00+01:00',
    };
    const reply = await post(fields);
    expect(reply.status, reply.text).toBe(201);
    expect(reply.body).toMatchObject({
      ...fields,
      firstTimestamp: '2024-01-01T00:00:00Z',
      lastTimestamp: '2024-01-01T00:00:00Z',
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    });
  });

  it('an Event about an object of another namespace is refused', async () => {
    const reply = await post({ involvedObject: { ...about(), namespace: 'other' } });
    const text = 'Invalid value: "other": does not match event.namespace';
    expectInvalid(reply, ['involvedObject.namespace', text]);
  });

  it('an Event of the new style needs to say who reports what', async () => {
    const fields = { involvedObject: about(), eventTime: '2024-01-01T00:00:00.123456Z' };
    expectInvalid(
      await post(fields),
      ['reportingComponent', 'Required value'],
      ['reportingComponent', 'name part must be non-empty'],
      ['reportingComponent', 'name part must consist of'],
      ['reportingInstance', 'Required value'],
      ['action', 'Required value'],
      ['reason', 'Required value'],
    );
    const complete = {
      ...fields,
      reportingComponent: 'example.com/elector',
      reportingInstance: 'a',
      action: 'Elected',
      reason: 'LeaderElection',
      type: 'Normal',
    };
    const reply = await post(complete);
    expect(reply.status, reply.text).toBe(201);
    expect(reply.body).toMatchObject(complete);
  });

  it('eventTime takes six digits, the other times any', async () => {
    const bad = { involvedObject: about(), eventTime: '2024-01-01T00:00:00Z' };
    expectRefusal(await post(bad), 400, 'BadRequest', /cannot parse "Z" as ".000000"/);
    const worse = { involvedObject: about(), firstTimestamp: 'today' };
    const why =
      'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"';
    expectUnfit(await post(worse), 'Event', why);
  });

  it('Events are found by what they are about', async () => {
    const { admin, events } = context();
    const involvedObject = { ...about(), name: 'searched-for' };
    const { body } = await post({ involvedObject, reason: 'Found' });
    const query = { fieldSelector: 'involvedObject.name=searched-for,reason=Found' };
    const reply = await admin.send('GET', events, undefined, { query });
    expect(reply.body.items.map(({ metadata }) => metadata.uid)).toEqual([body.metadata.uid]);
  });

  it.each([
    ['Lease', 'coordination.k8s.io/v1', LeaseLock],
    ['ConfigMap', 'v1', ConfigMapLock],
  ] as const)(
    'the Event of a lock on a %s is stored as it was sent',
    async (kind, apiVersion, Lock) => {
      const { admin, events, namespace, newName, target } = context();
      const name = newName();
      const kubeConfig = kubeConfigOf(target, 'admin');
      const lock = new Lock({ name, namespace, identity: 'ada', kubeConfig, events: true });
      const created = await lock.create(record({ holderIdentity: 'ada' }));
      const { uid, resourceVersion } = (created as { object: Document }).object.metadata;

      await lock.recordEvent?.({
        what: 'became leader',
        atMs: Date.parse('2024-01-01T00:00:00.5Z'),
      });

      const query = { fieldSelector: `involvedObject.name=${name}` };
      const { body } = await admin.send('GET', events, undefined, { query });
      expect(body.items).toHaveLength(1);
      expect(body.items[0]).toMatchObject({
        metadata: { name: expect.stringMatching(`^${name}\\.[0-9a-f]{16}$`) as unknown, namespace },
        involvedObject: { kind, apiVersion, namespace, name, uid, resourceVersion },
        reason: 'LeaderElection',
        message: 'ada became leader',
        source: { component: 'k8s-leader-election' },
        firstTimestamp: '2024-01-01T00:00:00Z',
        lastTimestamp: '2024-01-01T00:00:00Z',
        count: 1,
        type: 'Normal',
        eventTime: null,
        reportingComponent: 'k8s-leader-election',
        reportingInstance: '',
      });
    },
  );
};
