import { expect, it } from 'vitest';

import { type DefineCases, expectInvalid, expectUnfit } from '../context.js';

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
