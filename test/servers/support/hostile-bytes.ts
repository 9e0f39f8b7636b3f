import type { Random } from '../../sim/world/random.js';

/** Addresses that have ended a parser somewhere. `known` is one that the server has. */
function target(random: Random, known: string): string {
  const odd = [
    '//',
    '//:',
    '///',
    '//@',
    '//[',
    '/\\',
    '/%',
    '/%00',
    '/%ff%fe',
    '/?%',
    '/#',
    '/..//../..',
    '*',
    'http://',
    'http://[',
    'http://[::1',
    'http://a:99999/',
    'http://%/',
    'ftp://x/',
    'javascript:1',
    'data:,x',
    'file:///',
    'x',
    ':',
    '::',
    '[',
    '127.0.0.1:80',
    '?',
    `/${'a'.repeat(9000)}`,
    '/api/v1/namespaces/%E0%A4%A/configmaps',
    '/api/v1/namespaces/default/configmaps?limit=-1&continue=%00',
    '/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1e400',
    '/apis/coordination.k8s.io/v1/leases?labelSelector=((&fieldSelector=a=b=c',
    '/api/v1/namespaces/__proto__/configmaps/constructor',
  ];
  const kinds = [
    () => known,
    () => random.pick(odd),
    () => known + random.pick(odd),
    () => random.pick(odd) + known,
    () => `${known}${letters(random, 40)}`,
    () => `/${letters(random, 40)}`,
    () => letters(random, 20),
  ];
  return random.pick(kinds)();
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];
const ODD_METHODS = ['PRI', 'get', 'G\0T', '', 'QUERY', 'M-SEARCH', 'PROPFIND', '🦆'];

const HEADERS = [
  'Host: ',
  'Host: [',
  'Host: a\r\nHost: b',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk',
  'Upgrade: ',
  'Expect: 100-continue',
  'Expect: a miracle',
  'Content-Length: -1',
  'Content-Length: 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: 3\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, x',
  'Content-Type: application/json',
  'Content-Type: ;;;',
  'Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  'Accept: ;as=;',
  'Authorization: Bearer ',
  'Authorization: \t',
  'Origin: null',
  'Origin: http://[',
  'Cookie: a=b; ;=',
  'Range: bytes=-1-',
  'X: \x01\x7f\xff',
  ' folded: x',
  'no colon',
  `X: ${'y'.repeat(20_000)}`,
  '__proto__: x',
  'constructor: x',
];

const BODIES = [
  '',
  'x',
  '{',
  '{}',
  'null',
  '[]',
  '0',
  '"',
  '{"reports":[null,1,{"report":{"kind":"step","view":null}},{"report":{"kind":"candidate"}}]}',
  '{"reports":{"length":9}}',
  '{"metadata":{"name":1}}',
  '{"metadata":null,"__proto__":{"a":1}}',
  '{"spec":{"renewTime":"x"},"metadata":{"name":"a","annotations":[]}}',
  '['.repeat(20_000),
  '{"a":'.repeat(5000),
  '5\r\nhello\r\n0\r\n\r\n',
  'FFFFFFFFFFFFFFFF\r\nx',
  'zz\r\n',
];

function letters(random: Random, most: number): string {
  const length = random.int(0, most);
  return Array.from({ length }, () => String.fromCharCode(random.int(0, 255))).join('');
}

function frame(random: Random): Buffer {
  const length = random.int(0, 20);
  const bytes = Array.from({ length: length + 2 }, () => random.int(0, 255));
  return Buffer.from(bytes);
}

/** What one connection is to send: mostly almost a request. */
export function hostileBytes(random: Random, known: string, port: number): Buffer {
  if (random.chance(0.05)) return Buffer.from(letters(random, 400), 'latin1');
  const parts: Buffer[] = [];
  for (let requests = random.int(1, 3); requests > 0; requests -= 1) {
    const method = random.chance(0.8) ? random.pick(METHODS) : random.pick(ODD_METHODS);
    const version = random.chance(0.9) ? 'HTTP/1.1' : random.pick(['HTTP/1.0', 'HTTP/9', '', 'x']);
    const lines = [`${method} ${target(random, known)} ${version}`];
    if (random.chance(0.9)) lines.push(`Host: 127.0.0.1:${port}`);
    for (let count = random.int(0, 3); count > 0; count -= 1) lines.push(random.pick(HEADERS));
    const text = `${lines.join('\r\n')}\r\n\r\n${random.pick(BODIES)}`;
    parts.push(Buffer.from(text, 'latin1'));
    if (random.chance(0.2)) parts.push(frame(random));
  }
  const all = Buffer.concat(parts);
  return random.chance(0.2) ? all.subarray(0, random.int(0, all.length)) : all;
}
