import { expect, it } from 'vitest';
import {
  type DefineCases,
  LEASES_ROOT,
  byName,
  configMap,
  expectRefusal,
  lease,
  leasesIn,
} from '../context.js';

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

export const accessCases: DefineCases = (context) => {
  it('a token that is not known is 401', async () => {
    const path = `${context().leases}/one`;
    const reply = await context().admin.send('GET', path, undefined, { token: 'expired' });
    expectRefusal(reply, 401, 'Unauthorized', 'Unauthorized');
    expect(reply.body).not.toHaveProperty('details');
  });

  it('a request without a token is that of the anonymous user, who may do nothing', async () => {
    const { admin, leases, namespace } = context();
    const reply = await admin.send('GET', leases, undefined, { token: '' });
    const message = `leases.coordination.k8s.io is forbidden: User "system:anonymous" cannot list resource "leases" in API group "coordination.k8s.io" in the namespace "${namespace}"`;
    expectRefusal(reply, 403, 'Forbidden', message);
  });

  it.each([
    ['GET', 'get', true],
    ['PUT', 'update', true],
    ['PATCH', 'patch', true],
    ['DELETE', 'delete', true],
    ['POST', 'create', false],
    ['GET', 'list', false],
    ['DELETE', 'deletecollection', false],
  ])('a %s without the right to %s is refused by that name', async (method, verb, named) => {
    const { nobody, leases, namespace } = context();
    const path = named ? `${leases}/one` : leases;
    const body = ['PUT', 'POST'].includes(method) ? lease('one') : undefined;
    const reply = await nobody.send(method, path, body);
    const subject = named ? 'leases.coordination.k8s.io "one"' : 'leases.coordination.k8s.io';
    const message = `${subject} is forbidden: User "nobody" cannot ${verb} resource "leases" in API group "coordination.k8s.io" in the namespace "${namespace}"`;
    expectRefusal(reply, 403, 'Forbidden', message);
    const details = { group: 'coordination.k8s.io', kind: 'leases' };
    expect(reply.body).toHaveProperty('details', { ...(named ? { name: 'one' } : {}), ...details });
  });

  it('a watch of one name is refused by that name', async () => {
    const query = { watch: 'true', fieldSelector: 'metadata.name=one' };
    const reply = await context().nobody.send('GET', context().leases, undefined, { query });
    const message =
      /^leases\.coordination\.k8s\.io "one" is forbidden: User "nobody" cannot watch resource "leases"/;
    expectRefusal(reply, 403, 'Forbidden', message);
  });

  it('the core group has no name in the refusal', async () => {
    const { nobody, configMaps, namespace } = context();
    const reply = await nobody.send('POST', configMaps, configMap('one'));
    const message = `configmaps is forbidden: User "nobody" cannot create resource "configmaps" in API group "" in the namespace "${namespace}"`;
    expectRefusal(reply, 403, 'Forbidden', message);
  });

  it.each([
    [`${LEASES_ROOT}/leases`, /"coordination\.k8s\.io" at the cluster scope$/],
    ['/anywhere', 'forbidden: User "nobody" cannot get path "/anywhere"'],
  ])('outside namespaces, and of %s, the refusal says so', async (path, message) => {
    expectRefusal(await context().nobody.send('GET', path), 403, 'Forbidden', message);
  });

  it('anyone may ask for readiness and version', async () => {
    for (const options of [{}, { token: '' }]) {
      for (const path of ['/readyz', '/version']) {
        const { status } = await context().nobody.send('GET', path, undefined, options);
        expect(status).toBe(200);
      }
    }
  });

  it('a missing right is reported before a missing namespace or a body that makes no sense', async () => {
    const { nobody, leases } = context();
    const elsewhere = leasesIn('nowhere');
    expectRefusal(await nobody.send('POST', elsewhere, lease('one')), 403, 'Forbidden');
    expectRefusal(await nobody.send('POST', leases, '{'), 403, 'Forbidden');
  });

  it('a candidate may create, get, update and watch, and no more', async () => {
    const { candidate, leases, configMaps, newName } = context();
    for (const [collection, body] of [
      [leases, lease(newName())],
      [configMaps, configMap(newName())],
    ] as const) {
      const created = await candidate.send('POST', collection, body);
      expect(created.status, created.text).toBe(201);
      const path = `${collection}/${created.body.metadata.name}`;
      expect((await candidate.send('GET', path)).status).toBe(200);
      expect((await candidate.send('PUT', path, created.body)).status).toBe(200);
      const watch = await candidate.watch(collection, { resourceVersion: '0' });
      watch.close();
      expectRefusal(await candidate.send('GET', collection), 403, 'Forbidden', /cannot list/);
      expectRefusal(await candidate.send('DELETE', path), 403, 'Forbidden', /cannot delete/);
    }
  });

  it('rights can be narrowed to one name, and a watch then has to ask for that name', async () => {
    const { narrow, target, namespace, leases } = context();
    const mine = await context().newLease();
    const other = await context().newLease();
    const rule = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    const resourceNames = [mine.metadata.name];
    await target.grant(namespace, [{ ...rule, verbs: ['get', 'update', 'watch'], resourceNames }]);
    expect((await narrow.send('GET', context().pathOf(mine))).status).toBe(200);
    expectRefusal(await narrow.send('GET', context().pathOf(other)), 403, 'Forbidden');
    const watch = await narrow.watch(leases, byName(mine));
    expect(await watch.next()).toEqual({ type: 'ADDED', object: mine });
    watch.close();
    const everything = { query: { watch: 'true' } };
    const refused = await narrow.send('GET', leases, undefined, everything);
    expectRefusal(refused, 403, 'Forbidden', /User "narrow" cannot watch resource "leases"/);
  });

  it.each([
    ['admin', true],
    ['nobody', false],
  ] as const)('%s is told whether it may: %s', async (user, allowed) => {
    const { [user]: client, namespace } = context();
    const what = { verb: 'get', group: 'coordination.k8s.io', resource: 'leases', name: 'one' };
    const spec = { resourceAttributes: { namespace, ...what } };
    const reply = await client.send('POST', REVIEWS, { spec });
    expect(reply.status).toBe(201);
    const kind = 'SelfSubjectAccessReview';
    expect(reply.body).toMatchObject({ kind, spec, status: { allowed } });
  });

  it('a question about nothing is refused', async () => {
    const reply = await context().admin.send('POST', REVIEWS, { spec: {} });
    expectRefusal(reply, 422, 'Invalid', /exactly one of nonResourceAttributes or/);
  });
};

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

  const another = /^ConfigMap in version "v1" cannot be handled as a Lease: /;
  it.each([
    [{ kind: 'ConfigMap', apiVersion: 'v1' }, another],
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
