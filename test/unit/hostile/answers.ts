import { deflateSync, gzipSync } from 'node:zlib';
import { answer, type Answerer, chunk, type Occasion, TOKEN } from './peer.js';

/** One row of the table: what it is called, and what is answered. */
export type Row = readonly [name: string, answer: Answerer];

const status = (code: number, reason: string, more: object = {}): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message: `hostile ${reason}, token ${TOKEN}`,
  ...more,
});

const reasons: readonly (readonly [number, string])[] = [
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [402, 'PaymentRequired'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [408, 'Timeout'],
  [409, 'Conflict'],
  [409, 'AlreadyExists'],
  [410, 'Expired'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
  [599, 'Unknown'],
  [999, 'Unknown'],
];

const refusals: readonly Row[] = reasons.map(([code, reason]) => [
  `${code} ${reason}`,
  () => ({ bytes: answer(code, status(code, reason)) }),
]);

const redirects: readonly Row[] = [300, 302, 304, 307].map((code) => [
  `a redirect with ${code}`,
  () => ({
    bytes: answer(code, code === 304 ? '' : 'moved', { Location: `http://x/?t=${TOKEN}` }),
  }),
]);

const waits: readonly Row[] = [
  '0',
  '-5',
  '999999999',
  '9'.repeat(400),
  '1e9',
  'NaN',
  '0.0000001',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  'tomorrow',
].map((value) => [
  `503 with Retry-After ${value.slice(0, 30)}`,
  () => ({ bytes: answer(503, status(503, 'Busy'), { 'Retry-After': value }) }),
]);

const details: readonly Row[] = [-1, 0, 0.001, 1e308, '5', null].map((retryAfterSeconds) => [
  `429 with retryAfterSeconds ${JSON.stringify(retryAfterSeconds)}`,
  () => ({ bytes: answer(429, status(429, 'TooMany', { details: { retryAfterSeconds } })) }),
]);

const texts: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['blanks', ' \r\n\t '],
  ['null', 'null'],
  ['true', 'true'],
  ['a number', '42'],
  ['a text', '"job"'],
  ['an empty list', '[]'],
  ['an empty object', '{}'],
  ['half an object', '{"metadata":{"name":"job"'],
  ['HTML', `<html><body>Log in, ${TOKEN}</body></html>`],
  ['XML', '<?xml version="1.0"?><lease/>'],
  ['NaN', '{"metadata":{"name":"job","resourceVersion":NaN}}'],
  ['a trailing comma', '{"metadata":{"name":"job",}}'],
  ['two documents', '{"a":1}{"b":2}'],
  ['NUL bytes', '\0\0\0\0'],
  ['100,000 open lists', '['.repeat(100_000)],
  ['lists nested 6,000 deep', `${'['.repeat(6000)}${']'.repeat(6000)}`],
  ['objects nested 6,000 deep', `${'{"a":'.repeat(6000)}1${'}'.repeat(6000)}`],
  ['a prototype', '{"__proto__":{"metadata":{"name":"job","resourceVersion":"1"}}}'],
  ['a Status of success', '{"kind":"Status","status":"Success"}'],
  ['a Status of failure', JSON.stringify(status(500, 'InternalError'))],
];

const bodies: readonly Row[] = texts.map(([name, text]) => [
  `200 with ${name}`,
  () => ({ bytes: answer(200, text, { 'Content-Type': 'application/json' }) }),
]);

const binary = (encoding: string, body: (json: Buffer) => Buffer): Answerer => {
  return ({ lease }) => {
    const bytes = body(Buffer.from(JSON.stringify(lease())));
    const head = `Content-Encoding: ${encoding}\r\nContent-Length: ${bytes.length}\r\n`;
    return { bytes: Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n`), bytes]) };
  };
};

const encodings: readonly Row[] = [
  ['200 with gzip that nobody asked for', binary('gzip', gzipSync)],
  ['200 with deflate that nobody asked for', binary('deflate', deflateSync)],
  ['200 in UTF-16', binary('identity', (json) => Buffer.from(json.toString(), 'utf16le'))],
  ['200 that is not UTF-8', binary('identity', (json) => Buffer.alloc(json.length, 0xfe))],
  ['200 with gzip that ends early', binary('gzip', (json) => gzipSync(json).subarray(0, 20))],
];

const metadata: readonly (readonly [string, object])[] = [
  ['of another name', { name: 'other' }],
  ['without a name', { name: undefined }],
  ['whose name is a number', { name: 4711 }],
  ['without resourceVersion', { resourceVersion: undefined }],
  ['with an empty resourceVersion', { resourceVersion: '' }],
  ['with resourceVersion 7', { resourceVersion: 7 }],
  ...['v1', '-1', '1.5', '1e5', '0x10', ' 5', '007', '٣', '9'.repeat(100_000)].map(
    (version) =>
      [`with resourceVersion "${version.slice(0, 9)}"`, { resourceVersion: version }] as const,
  ),
];

const objects: readonly Row[] = [
  ...metadata.map(([name, change]): Row => [
    `200 with an object ${name}`,
    ({ lease }) => ({ bytes: answer(200, lease(change)) }),
  ]),
  ...['Secret', 'LeaseList', '', null, 7].map((kind): Row => [
    `200 with an object of kind ${JSON.stringify(kind)}`,
    ({ lease }) => ({ bytes: answer(200, { ...lease(), kind }) }),
  ]),
  ...[null, 'text', [], 7].map((value): Row => [
    `200 with metadata ${JSON.stringify(value)}`,
    ({ lease }) => ({ bytes: answer(200, { ...lease(), metadata: value }) }),
  ]),
];

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** These bytes, and then nothing more. */
const silences: readonly Row[] = Object.entries<string | Buffer>({
  SSH: 'SSH-2.0-OpenSSH_9.9\r\n',
  'a TLS alert': Buffer.from([0x15, 3, 1, 0, 2, 2, 70]),
  'HTTP/2': Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  'a status that is no number': 'HTTP/1.1 abc OK\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'a header without a colon': `${OK}nonsense\r\n\r\n`,
  'a header of 100 kB': answer(200, {}, { 'X-Big': 'x'.repeat(100_000) }),
  'two lengths': `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
  'a negative length': `${OK}Content-Length: -1\r\n\r\n{}`,
  'a length and chunks': `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a chunk of no size': `${CHUNKED}xyz\r\n`,
  'a chunk of any size': `${CHUNKED}FFFFFFFFFFFFFFFFF\r\n`,
  'a second answer': answer(500, 'one') + answer(200, 'two'),
  nothing: '',
  'half a head': `${OK}Content-`,
  'a head alone': `${OK}Content-Length: 99\r\n\r\n`,
  '103 Early Hints, and nothing': 'HTTP/1.1 103 Early Hints\r\n\r\n',
  '101 Switching Protocols':
    'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  '404 without a Status': answer(404, `not here, ${TOKEN}`),
  '403 without a Status': answer(403, '<html>forbidden</html>'),
  '409 without a Status': answer(409, ''),
  '404 of the namespace': answer(404, status(404, 'NotFound', { details: { kind: 'namespaces' } })),
  '201 with nothing': answer(201, ''),
  '202 with a text': answer(202, 'accepted'),
  '204': 'HTTP/1.1 204 No Content\r\n\r\n',
  '206 with a part': answer(206, '"spec":{}'),
}).map(([name, bytes]) => [name, () => ({ bytes })]);

const ends: readonly Row[] = Object.entries({
  'HTTP/0.9': '{"metadata":{}}',
  'a body that is cut': `${OK}Content-Length: 99\r\n\r\n{`,
  'nothing, and the end': '',
  'half a status line, and the end': 'HTTP/1.1 2',
  'half a head, and the end': `${OK}Content-`,
}).map(([name, bytes]) => [name, () => ({ bytes, then: 'close' })]);

const ENDLESS = 'Content-Length: 99999999999\r\n\r\n';
const floods: readonly Row[] = Object.entries({
  'headers without end': [OK, 'X: y\r\n'.repeat(1000)],
  '100 Continue without end': ['', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)],
  'a body of any length': [OK + ENDLESS, 'x'.repeat(65_536)],
  'an error of any length': [`HTTP/1.1 500 Oh\r\n${ENDLESS}`, 'x'.repeat(65_536)],
  'blanks without end': [CHUNKED, `10000\r\n${' '.repeat(65_536)}\r\n`],
} as Record<string, [string, string]>).map(([name, [bytes, flood]]) => [
  name,
  () => ({ bytes, then: { flood } }),
]);

const more: Row = [
  'more than the length',
  ({ lease }) => ({ bytes: `${answer(200, '{}')}${JSON.stringify(lease())}` }),
];

/** What any request may be answered with. */
export const answers: readonly Row[] = [
  ...refusals,
  ...redirects,
  ...waits,
  ...details,
  ...bodies,
  ...encodings,
  ...objects,
  ...silences,
  ...ends,
  ...floods,
  more,
];

const lie = (spec: (occasion: Occasion) => object): Answerer => {
  return (occasion) => {
    const resourceVersion = String(occasion.next());
    return { bytes: answer(200, occasion.lease({ resourceVersion }, spec(occasion))) };
  };
};

/** Well-formed lies about the Lease, told to whoever reads it. */
export const lies: readonly Row[] = [
  ['that it is free, each time anew', lie(() => ({ holderIdentity: '' }))],
  ['that it is not there', () => ({ bytes: answer(404, status(404, 'NotFound')) })],
  ['that we hold it', lie(() => ({ holderIdentity: 'me' }))],
  ['another holder each time', lie(({ next }) => ({ holderIdentity: `x${next()}` }))],
  [
    'another holder each time, for a moment',
    lie(({ next }) => ({ holderIdentity: `x${next()}`, leaseDurationSeconds: 0.001 })),
  ],
  ...[-1, 0, 1e308, 2147483647, 'NaN', '1e999', [], {}, true].map((value): Row => [
    `a duration of ${JSON.stringify(value)}`,
    lie(({ next }) => ({ holderIdentity: `x${next()}`, leaseDurationSeconds: value })),
  ]),
  ...[7, [], {}, true, 'x'.repeat(200_000)].map((value): Row => [
    `a holder of ${JSON.stringify(value).slice(0, 20)}`,
    lie(() => ({ holderIdentity: value })),
  ]),
  ['a renewal time that is none', lie(() => ({ renewTime: 'yesterday', acquireTime: 7 }))],
  ['transitions without end', lie(() => ({ leaseTransitions: 1e300 }))],
  ['negative transitions', lie(() => ({ leaseTransitions: -1 }))],
];

const lines = (make: (occasion: Occasion) => unknown[], then?: 'close'): Answerer => {
  return (occasion) => ({
    bytes: CHUNKED + make(occasion).map(chunk).join('') + (then === 'close' ? '0\r\n\r\n' : ''),
  });
};

const version = ({ next }: Occasion): { resourceVersion: string } => ({
  resourceVersion: String(next()),
});
const event = (type: string, object: unknown): object => ({ type, object });
const error = (code: unknown): object => event('ERROR', { kind: 'Status', code });
const flood = (make: (occasion: Occasion) => object, then?: 'close'): Answerer =>
  lines((occasion) => Array.from({ length: 1000 }, () => make(occasion)), then);
const nested = `{"type":"ADDED","object":${'{"a":'.repeat(6000)}1${'}'.repeat(6000)}}`;

/** What only a watch may be answered with. */
export const watchAnswers: readonly Row[] = [
  ['an end at once', lines(() => [], 'close')],
  ['an end after one change', lines((o) => [event('MODIFIED', o.lease(version(o)))], 'close')],
  ['410 as an event', lines(() => [error(410)], 'close')],
  ['500 as an event', lines(() => [error(500)])],
  ['an error without a code', lines(() => [error(undefined)])],
  ['a line that is not JSON', lines(() => ['watch me'])],
  ['a line of null', lines(() => ['null'])],
  ['an event without an object', lines(() => [event('MODIFIED', null)])],
  ['an event of an unknown type', lines((o) => [event('RENAMED', o.lease())])],
  ['an event nested 6,000 deep', lines(() => [nested])],
  ['versions that are none', lines((o) => [event('MODIFIED', o.lease({ resourceVersion: 'v1' }))])],
  ['a list', lines((o) => [{ kind: 'LeaseList', items: [o.lease()] }])],
  ['a flood of bookmarks', flood((o) => event('BOOKMARK', { metadata: version(o) }))],
  ['a flood of others', flood((o) => event('MODIFIED', o.lease({ ...version(o), name: 'x' })))],
  [
    'a flood of free locks',
    flood((o) => event('MODIFIED', o.lease(version(o), { holderIdentity: '' })), 'close'),
  ],
  ['a flood of deletions', flood((o) => event('DELETED', o.lease(version(o))), 'close')],
  [
    'a flood of holders',
    flood(
      (o) => event('MODIFIED', o.lease(version(o), { holderIdentity: `x${o.next()}` })),
      'close',
    ),
  ],
  [
    'a line without end',
    () => ({ bytes: CHUNKED, then: { flood: `10000\r\n${'x'.repeat(65_536)}\r\n` } }),
  ],
];
