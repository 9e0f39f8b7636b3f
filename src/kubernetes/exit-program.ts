/**
 * What the process does that releases the locks of another one, which ends: a program of its own, as
 * text, for Node's `--eval`. So it is there however this package has been bundled, and starts in the time
 * that Node takes. It holds no secrets, which come by its standard input, and no rules of the election
 * but one: what is written over is a record of which it was told that it is ours.
 */
export const EXIT_PROGRAM = String.raw`'use strict';
let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => (input += chunk));
process.stdin.on('end', () => {
  const buffers = (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data) : value);
  const { releases, limitMs } = JSON.parse(input, buffers);
  // Whoever has started it may be gone by then.
  setTimeout(() => process.exit(), limitMs).unref();
  releases.forEach((release, index) => {
    const tell = (what) => process.stdout.write(JSON.stringify({ index, ...what }) + '\n');
    carryOut(release, tell).then(
      (end) => tell({ end }),
      () => tell({ end: 'failed' }),
    );
  });
});

/** Until it is known how it ends. Whether a write that was not answered was carried out, a read tells. */
async function carryOut(release, tell) {
  const { body, headers, name, kind, changes } = release;
  const { 'Content-Type': _, 'Content-Length': __, ...readHeaders } = headers;
  const put = (text) => {
    const length = { 'Content-Length': String(Buffer.byteLength(text)) };
    return send(release, { method: 'PUT', body: text, headers: { ...headers, ...length } });
  };
  const get = () => send(release, { method: 'GET', headers: readHeaders });
  let next = () => put(body);
  for (;;) {
    const answer = await next().catch((error) => ({ why: String(error.code ?? error.name) }));
    const { status = 0, method, text, why = 'HTTP ' + status } = answer;
    if (status < 200 || status > 299) tell({ why });
    if (status === 0 || status === 409 || status === 429 || status >= 500) {
      next = get;
      // A server that is overloaded, or starts, is not asked as fast as it can refuse.
      if (status !== 409) await new Promise((resolve) => setTimeout(resolve, 25));
      continue;
    }
    if (status === 404) return 'not ours';
    if (status < 200 || status > 299) return 'failed';
    if (method === 'PUT') return 'released';
    const object = JSON.parse(text);
    const { metadata } = object;
    if (metadata?.name !== name || (object.kind ?? kind) !== kind || !metadata.resourceVersion) {
      tell({ why: 'an answer that is not the object' });
      return 'failed';
    }
    const holder = ownHolder(object, release);
    if (holder === undefined) return 'not ours';
    if (holder === '') return 'released';
    next = () => put(JSON.stringify(changed(object, changes)));
  }
}

/** By a record that we have written, or may have; undefined when it is another. */
function ownHolder(object, { at, ours }) {
  const stored = at.reduce((value, key) => value?.[key], object);
  const found = typeof stored === 'string' ? JSON.parse(stored) : stored;
  const isIt = (record) => Object.keys(record).every((field) => found?.[field] === record[field]);
  return ours.find(isIt)?.holderIdentity;
}

/** The object as it was read, on condition of its version, with what a release changes. */
function changed(object, changes) {
  delete object.metadata.managedFields;
  for (const { place, field, value } of changes) {
    const part = place.reduce((whole, key) => (whole[key] ??= {}), object);
    if (value === undefined) delete part[field];
    else part[field] = value;
  }
  return object;
}

function send({ server, path, tls }, { method, headers, body }) {
  const url = new URL(server);
  const secure = url.protocol === 'https:';
  const options = {
    ...tls,
    method,
    headers,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname.replace(/\/+$/, '') + path,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    // To load the one for TLS takes as long as all the rest, and plain http needs none.
    const { request } = secure ? require('node:https') : require('node:http');
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ method, status: response.statusCode, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
`;
