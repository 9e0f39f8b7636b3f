/**
 * What the process does that releases the locks of another one, which ends: a program of its own, as
 * text, for Node's `--eval`. So it is there however this package has been bundled, and starts in the time
 * that Node takes. It holds no secrets, which come by its standard input, and no rules of the election
 * but one: what is written over is a record of which it was told that it is ours.
 */
export const EXIT_PROGRAM = String.raw`'use strict';
const http = require('node:http');
// To load it takes as long as all the rest, and plain http needs none.
const https = { request: (...all) => require('node:https').request(...all) };

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => (input += chunk));
process.stdin.on('end', () => {
  const buffers = (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data) : value);
  const { releases, socks, limitMs } = JSON.parse(input, buffers);
  // Whoever has started it may be gone by then.
  setTimeout(() => process.exit(), limitMs).unref();
  releases.forEach((release, index) => {
    const tell = (what) => process.stdout.write(JSON.stringify({ index, ...what }) + '\n');
    carryOut(release, (request) => send({ ...release, ...request }, socks), tell).then(
      (end) => tell({ end }),
      () => undefined,
    );
  });
});

/** Until it is known how it ends. Whether a write that was not answered was carried out, a read tells. */
async function carryOut(release, ask, tell) {
  const { body, headers, name, kind, changes } = release;
  const { 'Content-Type': _, 'Content-Length': __, ...readHeaders } = headers;
  const put = (text) => {
    const length = { 'Content-Length': String(Buffer.byteLength(text)) };
    return ask({ method: 'PUT', body: text, headers: { ...headers, ...length } });
  };
  const get = () => ask({ method: 'GET', body: undefined, headers: readHeaders });
  let next = () => put(body);
  for (;;) {
    const answer = await next().catch((error) => ({ why: String(error.code ?? error.name) }));
    const { status = 0, method } = answer;
    const isTransient = status === 0 || status === 409 || status === 429 || status >= 500;
    tell({ why: answer.why ?? 'HTTP ' + status });
    next = get;
    if (isTransient) {
      // A server that is overloaded, or starts, is not asked as fast as it can refuse.
      if (status !== 409) await new Promise((resolve) => setTimeout(resolve, 25));
      continue;
    }
    if (status === 404) return 'not ours';
    if (status < 200 || status > 299) return 'failed';
    if (method === 'PUT') return 'released';
    const object = JSON.parse(answer.text);
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
  let found = stored;
  try {
    if (typeof stored === 'string') found = JSON.parse(stored);
  } catch {
    return undefined;
  }
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

const hostOf = ({ hostname }) => hostname.replace(/^\[(.*)\]$/, '$1');
const portOf = ({ port }, other) => (port === '' ? other : Number(port));

async function send({ server, target, method, headers, body, tls, proxy }, socks) {
  const url = new URL(server);
  const secure = url.protocol === 'https:';
  const end = { host: hostOf(url), port: portOf(url, secure ? 443 : 80) };
  const options = {
    ...end,
    ...tls,
    method,
    headers,
    path: url.pathname.replace(/\/+$/, '') + target,
    agent: false,
  };
  if (proxy !== undefined) {
    const socket = await tunnel(new URL(proxy), end, socks);
    // Over TLS the agent of the request wraps it; over plain http it is the connection.
    if (secure) options.agent = new (require('node:https').Agent)({ ...tls, socket });
    else options.createConnection = () => socket;
  }
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ method, status: response.statusCode, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function tunnel(proxy, end, socks) {
  return proxy.protocol.startsWith('http') ? throughHttp(proxy, end) : throughSocks(proxy, end, socks);
}

const credentialsOf = ({ username, password }) =>
  username === '' && password === ''
    ? undefined
    : { userId: decodeURIComponent(username), password: decodeURIComponent(password) };

function throughHttp(proxy, { host, port }) {
  const secure = proxy.protocol === 'https:';
  const authority = (host.includes(':') ? '[' + host + ']' : host) + ':' + port;
  const credentials = credentialsOf(proxy);
  const headers = { host: authority };
  if (credentials !== undefined) {
    const plain = credentials.userId + ':' + credentials.password;
    headers['proxy-authorization'] = 'Basic ' + Buffer.from(plain).toString('base64');
  }
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request({
      method: 'CONNECT',
      host: hostOf(proxy),
      port: portOf(proxy, secure ? 443 : 80),
      path: authority,
      headers,
      agent: false,
    });
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode >= 200 && statusCode < 300) resolve(socket);
      else reject(new Error('refused by the proxy'));
    });
    request.on('error', reject);
    request.end();
  });
}

async function throughSocks(proxy, { host, port }, socks) {
  const { SocksClient } = require(socks);
  const dns = require('node:dns/promises');
  const isVersion4 = proxy.protocol.startsWith('socks4');
  const resolves = proxy.protocol === 'socks4:' || proxy.protocol === 'socks5:';
  const found = resolves ? await dns.lookup(host, { family: isVersion4 ? 4 : 0 }) : { address: host };
  const { socket } = await SocksClient.createConnection({
    command: 'connect',
    proxy: {
      type: isVersion4 ? 4 : 5,
      host: hostOf(proxy),
      port: portOf(proxy, 1080),
      ...credentialsOf(proxy),
    },
    destination: { host: found.address, port },
  });
  return socket;
}
`;
