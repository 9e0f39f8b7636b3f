/**
 * What the process does that sends the last requests of another one: a program of its own, as text, for
 * Node's `--eval`. So it is there however this package has been bundled, and starts in the time
 * that Node takes. It holds no secrets, which come by its standard input.
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
  const { requests, socks } = JSON.parse(input, buffers);
  requests.forEach((request, index) => {
    carryOut(request, socks).then(
      (answer) => process.stdout.write(JSON.stringify({ index, ...answer }) + '\n'),
      () => undefined,
    );
  });
});

async function carryOut(request, socks) {
  const answer = await send(request, socks);
  if (request.method !== 'PUT' || answer.status !== 409) return { ...answer, afterConflict: false };
  const { 'Content-Type': _, 'Content-Length': __, ...headers } = request.headers;
  const read = await send({ ...request, method: 'GET', headers, body: undefined }, socks);
  return { ...read, afterConflict: true };
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
      response.on('end', () => resolve({ status: response.statusCode, text }));
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
