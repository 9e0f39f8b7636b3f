import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Answer } from '../../../src/testing/apiserver/call.js';
import { KubernetesApi } from '../../../src/testing/apiserver/kubernetes-api.js';
import type { WatchEvent, WatchStream } from '../../../src/testing/apiserver/watches.js';
import { LEASES } from './loopback.js';

/** An API server without a network, whose clock and dice are those of the test. */
function makeApi(): { api: KubernetesApi; advance: (ms: number) => void } {
  let wallMs = Date.parse('2030-01-01T00:00:00Z');
  let seed = 1;
  const api = new KubernetesApi({
    now: () => new Date(wallMs),
    random: () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    },
  });
  return { api, advance: (ms) => (wallMs += ms) };
}

function send(api: KubernetesApi, method: string, path: string, body?: unknown): Answer {
  const url = new URL(path, 'http://127.0.0.1');
  return api.handle({
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: {},
    body: body === undefined ? '' : JSON.stringify(body),
  }) as Answer;
}

function watch(api: KubernetesApi): { events: WatchEvent[]; stop: () => void } {
  const events: WatchEvent[] = [];
  const stream = send(api, 'GET', `${LEASES}?watch=true`) as unknown as WatchStream;
  return { events, stop: stream.open((event) => events.push(event)) };
}

describe('the rules of the API server, without a network', () => {
  it('answer in the call, from nothing but the clock and the dice they were given', () => {
    const run = (): unknown[] => {
      const { api, advance } = makeApi();
      const created = send(api, 'POST', LEASES, { metadata: { generateName: 'a-' } });
      advance(60_000);
      const again = send(api, 'POST', LEASES, { metadata: { generateName: 'a-' } });
      return [created, again, send(api, 'GET', LEASES)];
    };
    const first = run();
    expect(run()).toEqual(first);
    expect(first[1]).toMatchObject({
      status: 201,
      body: { metadata: { creationTimestamp: '2030-01-01T00:01:00Z' } },
    });
  });

  it('deliver a watch event in the call that makes the change', () => {
    const { api } = makeApi();
    const { events, stop } = watch(api);
    send(api, 'POST', LEASES, { metadata: { name: 'one' } });
    expect(events.map(({ type }) => type)).toEqual(['ADDED']);
    send(api, 'DELETE', `${LEASES}/one`);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
    stop();
    send(api, 'POST', LEASES, { metadata: { name: 'one' } });
    expect(events).toHaveLength(2);
  });

  it('hand out objects that later changes leave alone', () => {
    const { api } = makeApi();
    const { events } = watch(api);
    const spec = (holderIdentity: string): object => ({ spec: { holderIdentity } });
    const created = send(api, 'POST', LEASES, { metadata: { name: 'one' }, ...spec('a') });
    const { metadata } = created.body as { metadata: object };
    send(api, 'PUT', `${LEASES}/one`, { metadata, ...spec('b') });
    expect(created.body).toMatchObject(spec('a'));
    expect(events.map(({ object }) => object)).toMatchObject([spec('a'), spec('b')]);
  });

  it('give no bookmark before anything has changed', () => {
    const { api } = makeApi();
    const stream = send(api, 'GET', `${LEASES}?watch=true`) as unknown as WatchStream;
    expect(stream.bookmark()).toBeNull();
    send(api, 'POST', LEASES, { metadata: { name: 'one' } });
    expect(stream.bookmark()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: String(api.store.revision) } },
    });
  });
});

describe('bodies that nobody foresaw', () => {
  const key = fc.oneof(
    fc.constantFrom('metadata', 'name', 'labels', 'managedFields', 'fieldsV1', 'finalizers'),
    fc.constantFrom('ownerReferences', 'spec', 'data', 'source', 'constructor', '__proto__'),
    fc.string(),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>('a', '', 'Update', 0, 1.5, true, null),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(key, tie('json'), { maxKeys: 5 }),
    ),
  }));

  it('are taken or refused, and never make the server fail', () => {
    const { api } = makeApi();
    const kinds = [LEASES, '/api/v1/namespaces/default/configmaps'];
    const request = fc.tuple(fc.constantFrom('POST', 'PUT', 'DELETE'), fc.constantFrom(...kinds));
    const outcomes = new Set<number>();
    fc.assert(
      fc.property(request, json, ([method, collection], value) => {
        const named = { metadata: { name: 'one' }, ...(value as object) };
        const path = method === 'POST' ? collection : `${collection}/one`;
        const { status, body } = send(api, method, path, named);
        outcomes.add(status);
        expect(body).not.toMatchObject({ reason: 'InternalError' });
      }),
      { numRuns: 3000 },
    );
    // The bodies were of all sorts: some got in, others were found out in one way or another.
    expect([...outcomes]).toEqual(expect.arrayContaining([200, 201, 400, 404, 409, 422]));
  });
});
