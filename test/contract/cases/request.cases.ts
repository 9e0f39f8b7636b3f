import { expect, it } from 'vitest';

import { type DefineCases, LEASES_ROOT, expectRefusal, lease } from '../context.js';

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
      `the object provided is unrecognized (must be of type Lease): couldn't get version/kind; json parse error: ${text}`,
    );
  });

  it.each([
    [{ kind: 'ConfigMap', apiVersion: 'v1' }, /^ConfigMap in version "v1" cannot be handled as a/],
    [
      { apiVersion: 'coordination.k8s.io/v1beta1' },
      'the API version in the data (coordination.k8s.io/v1beta1) does not match the expected API version (coordination.k8s.io/v1)',
    ],
  ])('an object of %j is refused', async (type, message) => {
    const { admin, leases } = context();
    const reply = await admin.send('POST', leases, { ...lease('one'), ...type });
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('a media type that is unknown is 415', async () => {
    const reply = await context().post({}, {}, { headers: { 'content-type': 'text/plain' } });
    const message = /^the body of the request was in an unknown format - accepted media types/;
    expectRefusal(reply, 415, 'UnsupportedMediaType', message);
  });

  it.each(['', 'application/json; charset=utf-8'])('the media type "%s" is JSON', async (type) => {
    const reply = await context().post({}, {}, { headers: { 'content-type': type } });
    expect(reply.status).toBe(201);
  });

  it('an answer in a format that is unknown is 406', async () => {
    const headers = { accept: 'text/plain' };
    const reply = await context().admin.send('GET', context().leases, undefined, { headers });
    expectRefusal(reply, 406, 'NotAcceptable', /^406: Not Acceptable/);
  });

  it('a body of more than three mebibytes is 413', async () => {
    const { admin, configMaps } = context();
    const body = { metadata: { name: 'one' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } };
    const reply = await admin.send('POST', configMaps, body);
    const message = 'Request entity too large: limit is 3145728';
    expectRefusal(reply, 413, 'RequestEntityTooLarge', message);
  });

  it.each(['/anywhere', '/apis/example.com/v1/things'])('%s is a plain 404', async (path) => {
    const reply = await context().admin.send('GET', path);
    expect(reply.status).toBe(404);
    expect(reply.headers['content-type']).toMatch(/^text\/plain/);
    expect(reply.text).toBe('404 page not found\n');
  });

  it('a resource or subresource that does not exist is 404 with a Status', async () => {
    const { admin, namespace } = context();
    const old = await context().newLease();
    const message = 'the server could not find the requested resource';
    const resource = await admin.send('GET', `${LEASES_ROOT}/namespaces/${namespace}/things`);
    expectRefusal(resource, 404, 'NotFound', message);
    const subresource = await admin.send('PUT', `${context().pathOf(old)}/status`, old);
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
