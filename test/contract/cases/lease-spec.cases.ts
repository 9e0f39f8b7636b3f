import { expect, it } from 'vitest';

import { type Context, type DefineCases, expectInvalid, expectRefusal, lease } from '../context.js';
import type { Reply } from '../raw-client.js';

function post(
  { admin, leases, newName }: Context,
  spec: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return admin.send('POST', leases, lease(newName(), spec), { query });
}

const LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

function cannotParse(value: string, rest: string, element: string): string {
  return `parsing time "${value}" as "${LAYOUT}": cannot parse "${rest}" as "${element}"`;
}

export const leaseSpecCases: DefineCases = (context) => {
  it('all fields of a leader election record are kept', async () => {
    const spec = {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2024-01-01T00:00:00.000001Z',
      renewTime: '2024-01-01T00:00:10.999999Z',
      leaseTransitions: 3,
    };
    expect((await post(context(), spec)).body.spec).toEqual(spec);
  });

  it.each([0, -1])('a duration of %d seconds is refused', async (leaseDurationSeconds) => {
    const reply = await post(context(), { leaseDurationSeconds });
    const text = `Invalid value: ${String(leaseDurationSeconds)}: must be greater than 0`;
    expectInvalid(reply, [['spec.leaseDurationSeconds', text]]);
    expect(reply.body).toMatchObject({
      details: {
        group: 'coordination.k8s.io',
        kind: 'Lease',
        causes: [{ reason: 'FieldValueInvalid' }],
      },
    });
  });

  it('transitions may be zero but not negative', async () => {
    expect((await post(context(), { leaseTransitions: 0 })).body.spec).toEqual({
      leaseTransitions: 0,
    });
    expectInvalid(await post(context(), { leaseTransitions: -1 }), [
      ['spec.leaseTransitions', 'Invalid value: -1: must be greater than or equal to 0'],
    ]);
  });

  it('all that is wrong is named at once', async () => {
    const reply = await post(context(), { leaseDurationSeconds: 0, leaseTransitions: -1 });
    expectInvalid(reply, [
      ['spec.leaseDurationSeconds', 'must be greater than 0'],
      ['spec.leaseTransitions', 'must be greater than or equal to 0'],
    ]);
    expect(reply.body.message).toMatch(
      /is invalid: \[spec\.leaseDurationSeconds: Invalid value: 0: must be greater than 0, spec\.leaseTransitions: .*\]$/,
    );
  });

  it.each([
    ['a string', '15', 'string'],
    ['a fraction', 1.5, 'number 1.5'],
    ['more than 32 bits', 3_000_000_000, 'number 3000000000'],
    ['true', true, 'bool'],
    ['a list', [15], 'array'],
  ])('a duration that is %s is refused', async (_, leaseDurationSeconds, found) => {
    const reply = await post(context(), { leaseDurationSeconds });
    expectRefusal(
      reply,
      400,
      'BadRequest',
      `Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal ${found} into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32`,
    );
  });

  it('a holder that is a number is refused', async () => {
    const message =
      'Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal number into Go struct field LeaseSpec.spec.holderIdentity of type string';
    expectRefusal(await post(context(), { holderIdentity: 5 }), 400, 'BadRequest', message);
  });

  it('a spec that is no object is refused', async () => {
    const { admin, leases, newName } = context();
    const body = { metadata: { name: newName() }, spec: 'text' };
    const message =
      'Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal string into Go struct field Lease.spec of type v1.LeaseSpec';
    expectRefusal(await admin.send('POST', leases, body), 400, 'BadRequest', message);
  });

  it('an empty holder is kept, a null one is absent', async () => {
    expect((await post(context(), { holderIdentity: '' })).body.spec).toEqual({
      holderIdentity: '',
    });
    const nothing = { holderIdentity: null, leaseDurationSeconds: null, renewTime: null };
    expect((await post(context(), nothing)).body.spec).toEqual({});
  });

  it('a holder may be long', async () => {
    const holderIdentity = 'x'.repeat(5000);
    expect((await post(context(), { holderIdentity })).body.spec).toEqual({ holderIdentity });
  });

  it('a misspelt field is dropped with a warning', async () => {
    const reply = await post(context(), { leaseDuration: 15, leasedurationseconds: 15 });
    expect(reply.status).toBe(201);
    expect(reply.body.spec).toEqual({});
    expect(reply.headers.warning).toBe(
      String.raw`299 - "unknown field \"spec.leaseDuration\"", 299 - "unknown field \"spec.leasedurationseconds\""`,
    );
  });

  it('a misspelt field is refused under strict validation', async () => {
    const reply = await post(context(), { leaseDuration: 15 }, { fieldValidation: 'Strict' });
    const message =
      'Lease in version "v1" cannot be handled as a Lease: strict decoding error: unknown field "spec.leaseDuration"';
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('a misspelt field is dropped in silence where validation is off', async () => {
    const reply = await post(context(), { leaseDuration: 15 }, { fieldValidation: 'Ignore' });
    expect(reply.body.spec).toEqual({});
    expect(reply.headers).not.toHaveProperty('warning');
  });

  it('the fields of coordinated leader election are dropped, since it is off', async () => {
    const reply = await post(context(), { strategy: 'anything', preferredHolder: 'b' });
    expect(reply.status).toBe(201);
    expect(reply.body.spec).toEqual({});
  });

  it.each([
    ['six digits', '2024-01-01T00:00:00.123456Z', '2024-01-01T00:00:00.123456Z'],
    ['six zeros', '2024-01-01T00:00:00.000000Z', '2024-01-01T00:00:00.000000Z'],
    ['an offset', '2024-01-01T02:00:00.123456+02:00', '2024-01-01T00:00:00.123456Z'],
    ['an offset to the west', '2023-12-31T18:30:00.123456-05:30', '2024-01-01T00:00:00.123456Z'],
    ['a comma', '2024-01-01T00:00:00,123456Z', '2024-01-01T00:00:00.123456Z'],
    ['a one-digit hour', '2024-01-01T5:00:00.123456Z', '2024-01-01T05:00:00.123456Z'],
    ['a leap day', '2024-02-29T00:00:00.123456Z', '2024-02-29T00:00:00.123456Z'],
  ])('a time with %s is taken and written in UTC', async (_, renewTime, stored) => {
    const reply = await post(context(), { renewTime });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.body.spec).toEqual({ renewTime: stored });
  });

  const day = '2024-01-01';
  it.each([
    ['three digits', `${day}T00:00:00.123Z`, ['.123Z', '.000000']],
    ['no fraction', `${day}T00:00:00Z`, ['Z', '.000000']],
    ['seven digits', `${day}T00:00:00.1234567Z`, ['7Z', 'Z07:00']],
    ['no zone', `${day}T00:00:00.123456`, ['', 'Z07:00']],
    ['a lower case zone', `${day}T00:00:00.123456z`, ['z', 'Z07:00']],
    ['a space for the T', `${day} 00:00:00.123456Z`, [' 00:00:00.123456Z', 'T']],
    ['a one-digit month', '2024-1-01T00:00:00.123456Z', ['1-01T00:00:00.123456Z', '01']],
    ['no content', '', ['', '2006']],
    ['words', 'yesterday', ['yesterday', '2006']],
  ] as const)('a time with %s is refused', async (_, renewTime, [rest, element]) => {
    const reply = await post(context(), { renewTime });
    const why = cannotParse(renewTime, rest, element);
    const message = `Lease in version "v1" cannot be handled as a Lease: ${why}`;
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it.each([
    ['month', '2024-13-01T00:00:00.123456Z'],
    ['day', '2023-02-29T00:00:00.123456Z'],
    ['hour', '2024-01-01T24:00:00.123456Z'],
    ['minute', '2024-01-01T00:60:00.123456Z'],
    ['second', '2024-01-01T00:00:60.123456Z'],
  ])('a time with a %s that does not exist is refused', async (part, acquireTime) => {
    const reply = await post(context(), { acquireTime });
    const message = `Lease in version "v1" cannot be handled as a Lease: parsing time "${acquireTime}": ${part} out of range`;
    expectRefusal(reply, 400, 'BadRequest', message);
  });

  it('a time that is a number is refused', async () => {
    const message =
      'Lease in version "v1" cannot be handled as a Lease: json: cannot unmarshal number into Go struct field LeaseSpec.spec.renewTime of type string';
    expectRefusal(await post(context(), { renewTime: 5 }), 400, 'BadRequest', message);
  });
};
