import { expect, it } from 'vitest';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import { record } from '../../support/controllable-lock.js';
import {
  type DefineCases,
  configMap,
  expectInvalid,
  expectRefusal,
  expectUnfit,
  lease,
  leasesIn,
} from '../context.js';
import type { Document, Reply } from '../raw-client.js';
import { kubeConfigOf } from '../target.js';

export const createCases: DefineCases = (context) => {
  it('a new Lease gets its uid, version and date from the server', async () => {
    const { namespace } = context();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const reply = await context().post({ holderIdentity: 'a' });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      kind: 'Lease',
      apiVersion: 'coordination.k8s.io/v1',
      metadata: { namespace },
      spec: { holderIdentity: 'a' },
    });
    const { name, uid, resourceVersion, creationTimestamp } = reply.body.metadata;
    expect(name).toMatch(/^case-\d+$/);
    expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(resourceVersion).toMatch(/^[1-9]\d*$/);
    expect(creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(creationTimestamp)).toBeGreaterThanOrEqual(before);
    expect(reply.body.metadata).not.toHaveProperty('generation');
  });

  it('kind and apiVersion may be left out, and generateName is completed', async () => {
    const { admin, leases } = context();
    const body = { metadata: { generateName: 'made-' } };
    const reply = await admin.send('POST', leases, body);
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ kind: 'Lease', spec: {} });
    expect(reply.body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
  });

  it('a name that is taken is 409, unless the object is invalid', async () => {
    const { name } = (await context().newLease()).metadata;
    const message = `leases.coordination.k8s.io "${name}" already exists`;
    const reply = await context().post({}, { name });
    expectRefusal(reply, 409, 'AlreadyExists', message);
    const details = { name, group: 'coordination.k8s.io', kind: 'leases' };
    expect(reply.body).toHaveProperty('details', details);
    const invalid = await context().post({ leaseDurationSeconds: 0 }, { name });
    expectInvalid(invalid, ['spec.leaseDurationSeconds', 'must be greater than 0']);
  });

  it.each([
    ['leases', leasesIn('nowhere'), lease('one')],
    ['configmaps', '/api/v1/namespaces/nowhere/configmaps', configMap('one')],
  ])('in a namespace that does not exist, %s are 404 for it', async (_, path, body) => {
    const reply = await context().admin.send('POST', path, body);
    expectRefusal(reply, 404, 'NotFound', 'namespaces "nowhere" not found');
    expect(reply.body).toHaveProperty('details', { name: 'nowhere', kind: 'namespaces' });
  });

  it('in a namespace that is being deleted, nothing new is taken in', async () => {
    const { admin, target } = context();
    await target.createNamespace('leaving');
    const marked = await admin.send('DELETE', '/api/v1/namespaces/leaving');
    expect(marked.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    expect(marked.body.metadata.deletionTimestamp).toMatch(/Z$/);
    const reply = await admin.send('POST', leasesIn('leaving'), lease('one'));
    const message =
      'leases.coordination.k8s.io "one" is forbidden: unable to create new content in namespace leaving because it is being terminated';
    expectRefusal(reply, 403, 'Forbidden', message);
    expect(reply.body).toMatchObject({ details: { causes: [{ reason: 'NamespaceTerminating' }] } });
  });

  it('an object that brings a resourceVersion is refused with 500', async () => {
    const reply = await context().post({}, { resourceVersion: '5' });
    expect(reply.status).toBe(500);
    expect(reply.body.message).toBe('resourceVersion should not be set on objects to be created');
    expect(reply.body).not.toHaveProperty('reason');
  });

  it('an object of another namespace than the URL is refused', async () => {
    const message =
      'the namespace of the provided object does not match the namespace sent on the request';
    const reply = await context().post({}, { namespace: 'other' });
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('what the server decides cannot be set by a client', async () => {
    const long = '2020-01-01T00:00:00Z';
    const given = { uid: 'mine', creationTimestamp: long, deletionTimestamp: long, selfLink: '/a' };
    const { status, body } = await context().post({}, given);
    expect(status).toBe(201);
    expect(body.metadata.uid).not.toBe('mine');
    expect(body.metadata.creationTimestamp).not.toBe(long);
    expect(body.metadata).not.toHaveProperty('deletionTimestamp');
    expect(body.metadata).not.toHaveProperty('selfLink');
  });

  it.each([
    ['dryRun', 'Some', 'supported values: "All"'],
    ['fieldValidation', 'Loose', 'supported values: "", "Ignore", "Strict", "Warn"'],
  ])('an option %s that does not exist is refused', async (option, value, text) => {
    const reply = await context().post({}, {}, { query: { [option]: value } });
    expectInvalid(reply, [option, text]);
    expect(reply.body).toMatchObject({ details: { group: 'meta.k8s.io', kind: 'CreateOptions' } });
  });

  it('resourceVersions are one growing sequence over all kinds', async () => {
    const { admin, configMaps, newName } = context();
    const first = await context().newLease();
    const map = (await admin.send('POST', configMaps, configMap(newName()))).body;
    const second = await context().newLease();
    await admin.send('DELETE', context().pathOf(first));
    const again = await context().newLease({}, { name: first.metadata.name });
    const all = [first, map, second, again].map(({ metadata }) => Number(metadata.resourceVersion));
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
    // The deletion took a number as well.
    expect(all[3]).toBeGreaterThan((all[2] ?? 0) + 1);
  });
};

const subdomain = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric';

export const metadataCases: DefineCases = (context) => {
  it('a name is required', async () => {
    const reply = await context().post({}, { name: undefined });
    expectInvalid(reply, ['metadata.name', 'Required value: name or generateName is required']);
    expect(reply.body.message).toMatch(/^Lease\.coordination\.k8s\.io "" is invalid: /);
  });

  it.each([
    ['upper case', 'Abc', subdomain],
    ['an underscore', 'a_b', subdomain],
    ['an empty label', 'a..b', subdomain],
    ['a slash', 'a/b', subdomain],
    ['a leading dash', '-a', subdomain],
    ['254 bytes', 'a'.repeat(254), 'must be no more than 253 characters'],
  ])('a Lease name with %s is refused', async (_, name, text) => {
    const reply = await context().post({}, { name });
    expectInvalid(reply, ['metadata.name', `Invalid value: "${name}": ${text}`]);
  });

  it.each(['a', '0.1', 'a-b.c-d', 'a'.repeat(253)])('a Lease may be named %s', async (name) => {
    const reply = await context().post({}, { name }, { query: { dryRun: 'All' } });
    expect(reply.status, reply.text).toBe(201);
  });

  it('a prefix that cannot begin a name is refused along with what became of it', async () => {
    expectInvalid(
      await context().post({}, { name: undefined, generateName: 'Made-' }),
      ['metadata.generateName', 'Invalid value: "Made-": '],
      ['metadata.name', 'Invalid value: "Made-'],
    );
  });

  it('the name of a namespace has no dots', async () => {
    const body = { metadata: { name: 'a.b' } };
    const reply = await context().admin.send('POST', '/api/v1/namespaces', body);
    expectInvalid(reply, ['metadata.name', 'Invalid value: "a.b": must not contain dots']);
  });

  const owner = { apiVersion: 'v1', kind: 'Event', name: 'a', uid: 'b' };
  it.each<[what: string, metadata: object, field: string, text: string]>([
    ['a label key with a space', { labels: { 'a b': '' } }, 'labels', 'name part must consist of'],
    [
      'one with an empty prefix',
      { labels: { '/a': '' } },
      'labels',
      'prefix part must be non-empty',
    ],
    ['one with a bad prefix', { labels: { 'A_/a': '' } }, 'labels', 'prefix part a lowercase'],
    ['one with two slashes', { labels: { 'a/b/c': '' } }, 'labels', 'a valid label key must'],
    ['a label with a space', { labels: { a: 'b c' } }, 'labels', 'a valid label must be'],
    ['one of 64 bytes', { labels: { a: 'x'.repeat(64) } }, 'labels', 'must be no more than 63'],
    ['an annotation key with a space', { annotations: { 'a b': '' } }, 'annotations', '"a b"'],
    [
      'a finalizer with a space',
      { finalizers: ['a b'] },
      'finalizers',
      'name part must consist of',
    ],
    ['an Event as owner', { ownerReferences: [owner] }, 'ownerReferences[0]', 'Kind=Event is'],
    ['a negative generation', { generation: -1 }, 'generation', '-1: must be greater than'],
  ])('%s is refused', async (_, metadata, field, text) => {
    const reply = await context().post({}, { ...metadata });
    expectInvalid(reply, [`metadata.${field}`, text]);
    expect(reply.body).toHaveProperty('details.causes.length', 1);
  });

  it.each(['labels', 'annotations'])('a number among the %s is refused', async (field) => {
    const where = `ObjectMeta.metadata.${field} of type string`;
    const why = `json: cannot unmarshal number into Go struct field ${where}`;
    expectUnfit(await context().post({}, { [field]: { a: 1 } }), 'Lease', why);
  });

  it('a label that is null is an empty one, and empty labels are none', async () => {
    const { metadata } = await context().newLease({}, { labels: { a: null, b: 'c' } });
    expect(metadata.labels).toEqual({ a: '', b: 'c' });
    const bare = await context().newLease({}, { labels: {} });
    expect(bare.metadata).not.toHaveProperty('labels');
  });

  it('annotations of more than 256 KiB are refused', async () => {
    const send = (length: number) => context().post({}, { annotations: { a: 'x'.repeat(length) } });
    expect((await send(256 * 1024 - 1)).status).toBe(201);
    const text = 'Too long: may not be more than 262144 bytes';
    expectInvalid(await send(256 * 1024), ['metadata.annotations', text]);
  });

  it('an owner needs its kind, version, name and uid', async () => {
    const fields = ['apiVersion', 'kind', 'name', 'uid'];
    expectInvalid(
      await context().post({}, { ownerReferences: [{}] }),
      ...fields.map(
        (field) => [`metadata.ownerReferences[0].${field}`, 'must not be empty'] as const,
      ),
    );
  });

  it('labels, annotations, owners and finalizers are kept as they were given', async () => {
    const given = {
      labels: { 'example.com/a': 'b' },
      annotations: { note: 'Anything, at all.', 'A/upper-case': '' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
      finalizers: ['example.com/hold'],
    };
    expect((await context().newLease({}, given)).metadata).toMatchObject(given);
  });
};

const LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

export const leaseSpecCases: DefineCases = (context) => {
  it.each<[what: string, spec: object]>([
    ['a renewal', { acquireTime: '2024-01-01T00:00:00.000001Z', leaseDurationSeconds: 15 }],
    ['a release', { holderIdentity: '', renewTime: '2024-01-01T00:00:10.999999Z' }],
    ['a first term', { holderIdentity: 'x'.repeat(5000), leaseTransitions: 0 }],
  ])('the fields of %s are kept', async (_, spec) => {
    expect((await context().newLease({ ...spec })).spec).toEqual(spec);
  });

  it.each([0, -1])('a duration of %d seconds is refused', async (leaseDurationSeconds) => {
    const reply = await context().post({ leaseDurationSeconds });
    const text = `Invalid value: ${String(leaseDurationSeconds)}: must be greater than 0`;
    expectInvalid(reply, ['spec.leaseDurationSeconds', text]);
    const causes = [{ reason: 'FieldValueInvalid' }];
    const details = { group: 'coordination.k8s.io', kind: 'Lease', causes };
    expect(reply.body).toMatchObject({ details });
  });

  it('all that is wrong is named at once', async () => {
    const reply = await context().post({ leaseDurationSeconds: 0, leaseTransitions: -1 });
    expectInvalid(
      reply,
      ['spec.leaseDurationSeconds', 'must be greater than 0'],
      ['spec.leaseTransitions', 'Invalid value: -1: must be greater than or equal to 0'],
    );
    expect(reply.body.message).toMatch(
      /is invalid: \[spec\.leaseDurationSeconds: Invalid value: 0: must be greater than 0, spec\.leaseTransitions: .*\]$/,
    );
  });

  it.each([
    ['leaseDurationSeconds', '15', 'string', 'int32'],
    ['leaseDurationSeconds', 1.5, 'number 1.5', 'int32'],
    ['leaseDurationSeconds', 3_000_000_000, 'number 3000000000', 'int32'],
    ['leaseDurationSeconds', true, 'bool', 'int32'],
    ['leaseDurationSeconds', [15], 'array', 'int32'],
    ['holderIdentity', 5, 'number', 'string'],
    ['renewTime', 5, 'number', 'string'],
  ])('%s may not be %j', async (field, value, found, type) => {
    const where = `LeaseSpec.spec.${field} of type ${type}`;
    const why = `json: cannot unmarshal ${found} into Go struct field ${where}`;
    expectUnfit(await context().post({ [field]: value }), 'Lease', why);
  });

  it('a spec that is no object is refused', async () => {
    const { admin, leases, newName } = context();
    const body = { metadata: { name: newName() }, spec: 'text' };
    const why =
      'json: cannot unmarshal string into Go struct field Lease.spec of type v1.LeaseSpec';
    expectUnfit(await admin.send('POST', leases, body), 'Lease', why);
  });

  it('null is nothing, and the fields of coordinated leader election are dropped', async () => {
    const nothing = { holderIdentity: null, leaseDurationSeconds: null, renewTime: null };
    expect((await context().newLease(nothing)).spec).toEqual({});
    // It is switched off.
    const coordinated = { strategy: 'anything', preferredHolder: 'b' };
    expect((await context().newLease(coordinated)).spec).toEqual({});
  });

  it('a misspelt field is dropped with a warning, refused, or dropped in silence', async () => {
    const wrong = { leaseDuration: 15, leasedurationseconds: 15 };
    const warned = await context().post(wrong);
    expect(warned.status).toBe(201);
    expect(warned.body.spec).toEqual({});
    expect(warned.headers.warning).toBe(
      String.raw`299 - "unknown field \"spec.leaseDuration\"", 299 - "unknown field \"spec.leasedurationseconds\""`,
    );
    const one = { leaseDuration: 15 };
    const strict = await context().post(one, {}, { query: { fieldValidation: 'Strict' } });
    expectUnfit(strict, 'Lease', 'strict decoding error: unknown field "spec.leaseDuration"');
    const silent = await context().post(one, {}, { query: { fieldValidation: 'Ignore' } });
    expect(silent.body.spec).toEqual({});
    expect(silent.headers).not.toHaveProperty('warning');
  });

  it.each([
    ['six zeros', '2024-01-01T00:00:00.000000Z', '2024-01-01T00:00:00.000000Z'],
    ['an offset', '2024-01-01T02:00:00.123456+02:00', '2024-01-01T00:00:00.123456Z'],
    ['an offset to the west', '2023-12-31T18:30:00.123456-05:30', '2024-01-01T00:00:00.123456Z'],
    ['a comma', '2024-01-01T00:00:00,123456Z', '2024-01-01T00:00:00.123456Z'],
    ['a one-digit hour', '2024-01-01T5:00:00.123456Z', '2024-01-01T05:00:00.123456Z'],
    ['a leap day', '2024-02-29T00:00:00.123456Z', '2024-02-29T00:00:00.123456Z'],
  ])('a time with %s is taken and written in UTC', async (_, renewTime, stored) => {
    expect((await context().newLease({ renewTime })).spec).toEqual({ renewTime: stored });
  });

  const day = '2024-01-01';
  it.each([
    ['three digits', `${day}T00:00:00.123Z`, '.123Z', '.000000'],
    ['no fraction', `${day}T00:00:00Z`, 'Z', '.000000'],
    ['seven digits', `${day}T00:00:00.1234567Z`, '7Z', 'Z07:00'],
    ['no zone', `${day}T00:00:00.123456`, '', 'Z07:00'],
    ['a lower case zone', `${day}T00:00:00.123456z`, 'z', 'Z07:00'],
    ['a space for the T', `${day} 00:00:00.123456Z`, ' 00:00:00.123456Z', 'T'],
    ['a one-digit month', '2024-1-01T00:00:00.123456Z', '1-01T00:00:00.123456Z', '01'],
    ['no content', '', '', '2006'],
    ['words', 'yesterday', 'yesterday', '2006'],
  ])('a time with %s is refused', async (_, renewTime, rest, element) => {
    const why = `parsing time "${renewTime}" as "${LAYOUT}": cannot parse "${rest}" as "${element}"`;
    expectUnfit(await context().post({ renewTime }), 'Lease', why);
  });

  it.each([
    ['month', '2024-13-01T00:00:00.123456Z'],
    ['day', '2023-02-29T00:00:00.123456Z'],
    ['hour', '2024-01-01T24:00:00.123456Z'],
    ['minute', '2024-01-01T00:60:00.123456Z'],
    ['second', '2024-01-01T00:00:60.123456Z'],
  ])('a time with a %s that does not exist is refused', async (part, acquireTime) => {
    const why = `parsing time "${acquireTime}": ${part} out of range`;
    expectUnfit(await context().post({ acquireTime }), 'Lease', why);
  });
};

export const configMapCases: DefineCases = (context) => {
  const post = (fields: Readonly<Record<string, unknown>>): Promise<Reply> => {
    const { admin, configMaps, newName } = context();
    return admin.send('POST', configMaps, configMap(newName(), fields));
  };

  it('data and binary data are kept', async () => {
    const fields = { data: { a: 'text' }, binaryData: { b: 'aGVsbG8=' } };
    expect((await post(fields)).body).toMatchObject(fields);
  });

  it.each<[what: string, fields: Record<string, unknown>, field: string, text: string]>([
    ['a key with a space', { data: { 'a b': '' } }, 'data[a b]', 'a valid config key must'],
    ['a key of two dots', { data: { '..': '' } }, 'data[..]', "must not be '..'"],
    ['two leading dots', { data: { '..a': '' } }, 'data[..a]', "must not start with '..'"],
    ['a key of both kinds', { data: { a: '' }, binaryData: { a: '' } }, 'data[a]', 'duplicate'],
    [
      'too much',
      { data: { a: 'x'.repeat(1048577) } },
      '[]',
      'Too long: may not be more than 1048576',
    ],
  ])('%s is refused', async (_, fields, field, text) => {
    expectInvalid(await post(fields), [field, text]);
  });

  const unmarshal =
    'json: cannot unmarshal number into Go struct field ConfigMap.data of type string';
  it.each<[what: string, fields: Record<string, unknown>, why: string]>([
    ['a value that is no string', { data: { a: 1 } }, unmarshal],
    ['no base64', { binaryData: { a: '!!!!' } }, 'illegal base64 data at input byte 0'],
  ])('%s is refused', async (_, fields, why) => {
    expectUnfit(await post(fields), 'ConfigMap', why);
  });

  it('an immutable ConfigMap stays as it is', async () => {
    const { admin, configMaps } = context();
    const { body } = await post({ immutable: true, data: { a: 'x' } });
    const path = `${configMaps}/${body.metadata.name}`;
    const reply = await admin.send('PUT', path, { ...body, immutable: false, data: { a: 'y' } });
    const text = 'Forbidden: field is immutable when `immutable` is set';
    expectInvalid(reply, ['immutable', text], ['data', text]);
    const relabelled = { ...body, metadata: { ...body.metadata, labels: { a: 'b' } } };
    expect((await admin.send('PUT', path, relabelled)).status).toBe(200);
  });
};

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
