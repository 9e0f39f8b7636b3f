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

/**
 * Until it is known how it ends. What came of a write that was not answered, or whose answer does not show
 * that it was stored, a read tells.
 */
async function carryOut(release, tell) {
  const { headers, changes } = release;
  const { 'Content-Type': _, 'Content-Length': __, ...readHeaders } = headers;
  let { body } = release;
  const put = () => {
    const length = { 'Content-Length': String(Buffer.byteLength(body)) };
    return send(release, { method: 'PUT', body, headers: { ...headers, ...length } });
  };
  const get = () => send(release, { method: 'GET', headers: readHeaders });
  let next = put;
  for (let round = 0; ; ) {
    const answer = await next().catch((error) => ({ why: String(error.code ?? error.name) }));
    const { status = 0, text, why = 'HTTP ' + status } = answer;
    const isOk = status >= 200 && status < 300;
    const object = isOk ? objectIn(text, release) : null;
    if (!isOk) tell({ why });
    else if (object === null) tell({ why: 'an answer that is not the object' });
    else if (next === get) {
      const holder = ownHolder(object, release);
      if (holder === undefined) return 'not ours';
      if (holder === '') return 'released';
      body = JSON.stringify(changed(object, changes));
      next = put;
      continue;
    } else if (isReleased(object, release, body)) return 'released';
    else tell({ why: why + ', with no release in the answer' });
    if (status === 404) return 'not ours';
    const isOpen = isOk ? next === put : [0, 409, 429].includes(status) || status >= 500;
    if (!isOpen) return 'failed';
    next = get;
    // A renewal may have come first, but once. Else nobody is asked as fast as he can refuse.
    if (status !== 409 || round > 0) await new Promise((go) => setTimeout(go, 50 * 2 ** round));
    round += 1;
  }
}

/** Null for an answer that is something else. */
function objectIn(text, { name, kind }) {
  try {
    const object = JSON.parse(text);
    const { metadata } = object;
    const isIt = metadata?.name === name && (object.kind ?? kind) === kind;
    return isIt && metadata.resourceVersion ? object : null;
  } catch {
    return null;
  }
}

/** By the answer to a write, whatever else of it was changed on its way. */
function isReleased(object, { at }, body) {
  const isNew = object.metadata.resourceVersion !== JSON.parse(body).metadata.resourceVersion;
  return isNew && recordIn(object, at)?.holderIdentity === '';
}

function recordIn(object, at) {
  const stored = at.reduce((value, key) => value?.[key], object);
  try {
    return typeof stored === 'string' ? JSON.parse(stored) : stored;
  } catch {
    return undefined;
  }
}

/** By a record that we have written, or may have; undefined when it is another. */
function ownHolder(object, { at, ours }) {
  const found = recordIn(object, at);
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
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
`;
