import { expect, it } from 'vitest';

import { type DefineCases, expectInvalid, expectUnfit } from '../context.js';

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
