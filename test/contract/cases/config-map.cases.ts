import { expect, it } from 'vitest';

import {
  type Context,
  type DefineCases,
  configMap,
  expectInvalid,
  expectRefusal,
} from '../context.js';
import type { Reply } from '../raw-client.js';

function post(
  { admin, configMaps, newName }: Context,
  fields: Readonly<Record<string, unknown>>,
): Promise<Reply> {
  return admin.send('POST', configMaps, configMap(newName(), fields));
}

export const configMapCases: DefineCases = (context) => {
  it('data and binary data are kept', async () => {
    const fields = { data: { a: 'text' }, binaryData: { b: 'aGVsbG8=' } };
    expect((await post(context(), fields)).body).toMatchObject(fields);
  });

  it.each([
    ['a space', 'a b', "a valid config key must consist of alphanumeric characters, '-', '_' or"],
    ['two dots', '..', "must not be '..'"],
    ['two leading dots', '..a', "must not start with '..'"],
  ])('a key with %s is refused', async (_, key, text) => {
    expectInvalid(await post(context(), { data: { [key]: 'x' } }), [[`data[${key}]`, text]]);
  });

  it('a key is text or binary, not both', async () => {
    const reply = await post(context(), { data: { a: 'x' }, binaryData: { a: 'aGVsbG8=' } });
    expectInvalid(reply, [['data[a]', 'duplicate of key present in binaryData']]);
  });

  it('a value that is no string is refused', async () => {
    const message =
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string';
    expectRefusal(await post(context(), { data: { a: 1 } }), 400, 'BadRequest', message);
  });

  it('binary data that is no base64 is refused', async () => {
    const message =
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 0';
    expectRefusal(await post(context(), { binaryData: { a: '!!!!' } }), 400, 'BadRequest', message);
  });

  it('more than a mebibyte of data is refused', async () => {
    const data = { a: 'x'.repeat(1024 * 1024 + 1) };
    expectInvalid(await post(context(), { data }), [
      ['[]', 'Too long: may not be more than 1048576 bytes'],
    ]);
  });

  it('an immutable ConfigMap stays as it is', async () => {
    const { admin, configMaps } = context();
    const { body } = await post(context(), { immutable: true, data: { a: 'x' } });
    const path = `${configMaps}/${body.metadata.name}`;
    const reply = await admin.send('PUT', path, { ...body, immutable: false, data: { a: 'y' } });
    const text = 'Forbidden: field is immutable when `immutable` is set';
    expectInvalid(reply, [
      ['immutable', text],
      ['data', text],
    ]);
    const relabelled = { ...body, metadata: { ...body.metadata, labels: { a: 'b' } } };
    expect((await admin.send('PUT', path, relabelled)).status).toBe(200);
  });
};
