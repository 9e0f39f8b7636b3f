import { expect, it } from 'vitest';

import { type DefineCases, expectInvalid, expectRefusal, lease } from '../context.js';

const subdomain = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric';

export const metadataCases: DefineCases = (context) => {
  it('a name is required', async () => {
    const { admin, leases } = context();
    const reply = await admin.send('POST', leases, { metadata: {} });
    expectInvalid(reply, [['metadata.name', 'Required value: name or generateName is required']]);
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
    const { admin, leases } = context();
    const reply = await admin.send('POST', leases, lease(name));
    expectInvalid(reply, [['metadata.name', `Invalid value: "${name}": ${text}`]]);
  });

  it.each(['a', '0.1', 'a-b.c-d', 'a'.repeat(253)])('a Lease may be named %s', async (name) => {
    const { admin, leases } = context();
    const reply = await admin.send('POST', leases, lease(name), { query: { dryRun: 'All' } });
    expect(reply.status, reply.text).toBe(201);
  });

  it('a prefix that cannot begin a name is refused along with what became of it', async () => {
    const { admin, leases } = context();
    const reply = await admin.send('POST', leases, { metadata: { generateName: 'Made-' } });
    expectInvalid(reply, [
      ['metadata.generateName', 'Invalid value: "Made-": '],
      ['metadata.name', 'Invalid value: "Made-'],
    ]);
  });

  it('the name of a namespace has no dots', async () => {
    const body = { metadata: { name: 'a.b' } };
    const reply = await context().admin.send('POST', '/api/v1/namespaces', body);
    expectInvalid(reply, [['metadata.name', 'Invalid value: "a.b": must not contain dots']]);
  });

  it.each([
    ['a key with a space', { 'a b': 'c' }, '"a b": name part must consist of'],
    ['a key with an empty prefix', { '/a': 'c' }, '"/a": prefix part must be non-empty'],
    ['a key with a bad prefix', { 'A_/a': 'c' }, '"A_/a": prefix part a lowercase RFC 1123'],
    ['a key with two slashes', { 'a/b/c': 'd' }, '"a/b/c": a valid label key must consist of'],
    ['a value with a space', { a: 'b c' }, '"b c": a valid label must be an empty string or'],
    ['a value of 64 bytes', { a: 'x'.repeat(64) }, 'must be no more than 63 bytes'],
  ])('%s is no label', async (_, labels, text) => {
    const { admin, leases, newName } = context();
    const reply = await admin.send('POST', leases, lease(newName(), {}, { labels }));
    expectInvalid(reply, [['metadata.labels', text]]);
  });

  it('a label or annotation that is no string is refused', async () => {
    const { admin, leases, newName } = context();
    for (const field of ['labels', 'annotations']) {
      const body = lease(newName(), {}, { [field]: { a: 1 } });
      const message = `Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.${field} of type string`;
      expectRefusal(await admin.send('POST', leases, body), 400, 'BadRequest', message);
    }
  });

  it('a label that is null is an empty one', async () => {
    const { admin, leases, newName } = context();
    const body = lease(newName(), {}, { labels: { a: null, b: 'c' } });
    const reply = await admin.send('POST', leases, body);
    expect(reply.body.metadata.labels).toEqual({ a: '', b: 'c' });
  });

  it('empty labels are no labels', async () => {
    const { admin, leases, newName } = context();
    const reply = await admin.send('POST', leases, lease(newName(), {}, { labels: {} }));
    expect(reply.body.metadata).not.toHaveProperty('labels');
  });

  it('annotation keys may have upper case prefixes, but no spaces', async () => {
    const { admin, leases, newName } = context();
    const send = (annotations: Record<string, string>): ReturnType<typeof admin.send> =>
      admin.send('POST', leases, lease(newName(), {}, { annotations }));
    expect((await send({ 'A/b': 'any value at all' })).status).toBe(201);
    expectInvalid(await send({ 'a b': '' }), [['metadata.annotations', 'Invalid value: "a b"']]);
  });

  it('annotations of more than 256 KiB are refused', async () => {
    const { admin, leases, newName } = context();
    const send = (length: number): ReturnType<typeof admin.send> => {
      const annotations = { a: 'x'.repeat(length) };
      return admin.send('POST', leases, lease(newName(), {}, { annotations }));
    };
    expect((await send(256 * 1024 - 1)).status).toBe(201);
    expectInvalid(await send(256 * 1024), [
      ['metadata.annotations', 'Too long: may not be more than 262144 bytes'],
    ]);
  });

  it('an owner needs its kind, version, name and uid', async () => {
    const { admin, leases, newName } = context();
    const body = lease(newName(), {}, { ownerReferences: [{}] });
    expectInvalid(
      await admin.send('POST', leases, body),
      ['apiVersion', 'kind', 'name', 'uid'].map((field) => [
        `metadata.ownerReferences[0].${field}`,
        'Required value: must not be empty',
      ]),
    );
  });

  it('an Event owns nothing', async () => {
    const { admin, leases, newName } = context();
    const owner = { apiVersion: 'v1', kind: 'Event', name: 'a', uid: 'b' };
    const body = lease(newName(), {}, { ownerReferences: [owner] });
    expectInvalid(await admin.send('POST', leases, body), [
      ['metadata.ownerReferences[0]', '/v1, Kind=Event is disallowed from being an owner'],
    ]);
  });

  it('a finalizer is a qualified name', async () => {
    const { admin, leases, newName } = context();
    const reply = await admin.send('POST', leases, lease(newName(), {}, { finalizers: ['a b'] }));
    expectInvalid(reply, [['metadata.finalizers', 'Invalid value: "a b": name part must']]);
  });

  it('a negative generation is refused', async () => {
    const { admin, leases, newName } = context();
    const reply = await admin.send('POST', leases, lease(newName(), {}, { generation: -1 }));
    expectInvalid(reply, [
      ['metadata.generation', 'Invalid value: -1: must be greater than or equal to 0'],
    ]);
  });

  it('labels, annotations, owners and finalizers are kept as they were given', async () => {
    const { admin, leases, newName } = context();
    const given = {
      labels: { 'example.com/a': 'b' },
      annotations: { note: 'Anything, at all.' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
      finalizers: ['example.com/hold'],
    };
    const reply = await admin.send('POST', leases, lease(newName(), {}, given));
    expect(reply.body.metadata).toMatchObject(given);
  });
};
