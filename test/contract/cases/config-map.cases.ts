import { expect, it } from 'vitest';

import { type DefineCases, configMap, expectInvalid, expectUnfit } from '../context.js';
import type { Reply } from '../raw-client.js';

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
