import { expect, it } from 'vitest';

import { type DefineCases, LEASES_ROOT, expectRefusal, lease, newLease } from '../context.js';

const unrecognized = 'the object provided is unrecognized (must be of type Lease): ';

export const requestCases: DefineCases = (context) => {
  it.each([
    ['cut off', '{"metadata":', 'unexpected end of JSON input'],
    ['empty', '', 'unexpected end of JSON input'],
    ['no JSON', 'hello', 'invalid character'],
    ['a list', '[]', 'json: cannot unmarshal'],
  ])('a body that is %s is refused', async (_, body, text) => {
    const { admin, leases } = context();
    const reply = await admin.send('POST', leases, body);
    expectRefusal(reply, 400, 'BadRequest');
    expect(reply.body.message).toContain(
      `${unrecognized}couldn't get version/kind; json parse error: ${text}`,
    );
  });

  it('an object of another kind is refused', async () => {
    const { admin, leases } = context();
    const body = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'one' } };
    const reply = await admin.send('POST', leases, body);
    expectRefusal(
      reply,
      400,
      'BadRequest',
      /^ConfigMap in version "v1" cannot be handled as a Lease: /,
    );
  });

  it('an object of another version is refused', async () => {
    const { admin, leases } = context();
    const body = { ...lease('one'), apiVersion: 'coordination.k8s.io/v1beta1' };
    const message =
      'the API version in the data (coordination.k8s.io/v1beta1) does not match the expected API version (coordination.k8s.io/v1)';
    expectRefusal(await admin.send('POST', leases, body), 400, 'BadRequest', message);
  });

  it('a media type that is unknown is 415', async () => {
    const { admin, leases } = context();
    const headers = { 'content-type': 'text/plain' };
    const reply = await admin.send('POST', leases, lease('one'), { headers });
    const message = /^the body of the request was in an unknown format - accepted media types/;
    expectRefusal(reply, 415, 'UnsupportedMediaType', message);
  });

  it('an empty media type counts as JSON', async () => {
    const { admin, leases, newName } = context();
    const headers = { 'content-type': '' };
    const reply = await admin.send('POST', leases, lease(newName()), { headers });
    expect(reply.status).toBe(201);
  });

  it('a charset makes no difference', async () => {
    const { admin, leases, newName } = context();
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const reply = await admin.send('POST', leases, lease(newName()), { headers });
    expect(reply.status).toBe(201);
  });

  it('an answer in a format that is unknown is 406', async () => {
    const { admin, leases } = context();
    const headers = { accept: 'text/plain' };
    const reply = await admin.send('GET', leases, undefined, { headers });
    expectRefusal(reply, 406, 'NotAcceptable', /^406: Not Acceptable/);
  });

  it('a body of more than three mebibytes is 413', async () => {
    const { admin, configMaps } = context();
    const body = { metadata: { name: 'one' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } };
    const reply = await admin.send('POST', configMaps, body);
    const message = 'Request entity too large: limit is 3145728';
    expectRefusal(reply, 413, 'RequestEntityTooLarge', message);
  });

  it('a path that leads nowhere is a plain 404', async () => {
    const reply = await context().admin.send('GET', '/anywhere');
    expect(reply.status).toBe(404);
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
    expect(reply.text).toBe('404 page not found\n');
  });

  it('a group that does not exist is a plain 404', async () => {
    const reply = await context().admin.send('GET', '/apis/example.com/v1/things');
    expect([reply.status, reply.text]).toEqual([404, '404 page not found\n']);
  });

  it('a resource or subresource that does not exist is 404 with a Status', async () => {
    const { admin, namespace, leases } = context();
    const { name } = (await newLease(context())).metadata;
    const message = 'the server could not find the requested resource';
    const resource = await admin.send('GET', `${LEASES_ROOT}/namespaces/${namespace}/things`);
    expectRefusal(resource, 404, 'NotFound', message);
    const subresource = await admin.send('PUT', `${leases}/${name}/status`, lease(name));
    expectRefusal(subresource, 404, 'NotFound', message);
  });

  it.each([
    ['POST', true],
    ['PUT', false],
    ['PATCH', false],
  ])('a %s in the wrong place is 405', async (method, named) => {
    const { admin, leases } = context();
    const reply = await admin.send(method, named ? `${leases}/one` : leases, lease('one'));
    const message = 'the server does not allow this method on the requested resource';
    expectRefusal(reply, 405, 'MethodNotAllowed', message);
  });
};
