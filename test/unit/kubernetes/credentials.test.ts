import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { failure } from './support/failure.js';
import { kubeConfig } from './support/kube-configs.js';
import { pretendLater } from './support/pretend-later.js';
import { answerWith, sendJson, startServer, type TestServer } from './support/server.js';
import { everythingShown } from './support/show.js';

const get = { method: 'GET', path: '/api', subject: 'Lease a/b' } as const;
const SECRET = 'marked-secret-4711';

let server: TestServer;
let directory: string;

beforeEach(async () => {
  server = await startServer(answerWith(200, {}));
  directory = mkdtempSync(join(tmpdir(), 'credentials-'));
});

afterEach(async () => {
  vi.useRealTimers();
  await server.close();
  rmSync(directory, { recursive: true });
});

function authorizations(): (string | undefined)[] {
  return server.requests.map(({ headers }) => headers.authorization);
}

/** Sends requests until one has these credentials: new ones are asked for beside a request. */
async function untilSent(client: ApiClient, authorization: string): Promise<void> {
  do await client.request(get);
  while (authorizations().at(-1) !== authorization);
}

/** A credential plugin that counts its runs and prints what the shell script says. */
function plugin(script: string): { command: string; runs: () => number } {
  const command = join(directory, 'plugin.sh');
  const log = join(directory, 'runs');
  writeFileSync(log, '');
  writeFileSync(command, `#!/bin/sh\necho run >> "${log}"\n${script}\n`);
  chmodSync(command, 0o755);
  return { command, runs: () => readFileSync(log, 'utf8').split('\n').length - 1 };
}

function execConfig(command: string, args: readonly string[] = []): ApiClient {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args };
  return new ApiClient(kubeConfig({ server: server.url }, { exec }));
}

const credential = (token: string): string =>
  `echo '{"kind":"ExecCredential","status":{"token":"${token}"}}'`;

describe('the credentials of a request', () => {
  it('are a bearer token of the kubeconfig', async () => {
    await new ApiClient(kubeConfig({ server: server.url }, { token: 'abc' })).request(get);

    expect(authorizations()).toEqual(['Bearer abc']);
  });

  it('are a user name and password of the kubeconfig', async () => {
    const user = { username: 'ann', password: 'secret' };

    await new ApiClient(kubeConfig({ server: server.url }, user)).request(get);

    expect(authorizations()).toEqual([`Basic ${Buffer.from('ann:secret').toString('base64')}`]);
  });

  it('may impersonate somebody', async () => {
    const user = { token: 'abc', impersonateUser: 'bob' };

    await new ApiClient(kubeConfig({ server: server.url }, user)).request(get);

    expect(server.requests[0]?.headers['impersonate-user']).toBe('bob');
  });

  it('are none for a context without user', async () => {
    await new ApiClient(kubeConfig({ server: server.url }, null)).request(get);

    expect(authorizations()).toEqual([undefined]);
  });

  it('are not waited for after a pause, and those of long ago are not used', async () => {
    let token = 'first';
    const config = kubeConfig({ server: server.url }, {});
    let asked = (): void => undefined;
    config.applyToHTTPSOptions = async (options) => {
      asked();
      await answered;
      Object.assign(options, { headers: { Authorization: `Bearer ${token}` } });
    };
    let answered = Promise.resolve();
    const client = new ApiClient(config);
    await client.request(get);
    token = 'second';
    // From here on the kubeconfig is slow, like a plugin that asks somebody.
    let answer = (): void => undefined;
    answered = new Promise((resolve) => (answer = resolve));
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));

    pretendLater(599_000);
    await client.request(get);
    expect(authorizations()).toEqual(['Bearer first', 'Bearer first']);
    await wasAsked;
    pretendLater(2_000);
    const late = client.request(get);
    await new Promise(setImmediate);
    expect(authorizations()).toHaveLength(2);
    answer();
    await late;

    expect(authorizations()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('that cannot be had do no harm while the ones before are accepted', async () => {
    const config = kubeConfig({ server: server.url }, {});
    let failures = 0;
    config.applyToHTTPSOptions = (options) => {
      Object.assign(options, { headers: { Authorization: 'Bearer good' } });
      return Promise.resolve();
    };
    const client = new ApiClient(config);
    await client.request(get);
    config.applyToHTTPSOptions = () => {
      failures += 1;
      return Promise.reject(new Error('the plugin is broken'));
    };

    pretendLater(11_000);
    for (let i = 0; i < 3; i++) {
      expect((await client.request(get)).status).toBe(200);
      await new Promise(setImmediate);
    }
    expect(failures).toBeGreaterThan(0);
    server.handle(answerWith(401, {}));
    expect((await failure(client.request(get))).kind).toBe('credentials');
  });

  it('come from a credential plugin, which is run once for many requests', async () => {
    const { command, runs } = plugin(credential('from-plugin'));
    const client = execConfig(command);

    await Promise.all([client.request(get), client.request(get), client.request(get)]);
    await client.request(get);

    expect(new Set(authorizations())).toEqual(new Set(['Bearer from-plugin']));
    expect(runs()).toBe(1);
  });

  it('come from the plugin anew when its answer has expired', async () => {
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, 'one');
    const expires = new Date(Date.now() + 60_000).toISOString();
    const answer = `{"status":{"token":"%s","expirationTimestamp":"${expires}"}}`;
    const { command, runs } = plugin(`printf '${answer}' "$(cat ${tokenFile})"`);
    const client = execConfig(command);
    await client.request(get);
    writeFileSync(tokenFile, 'two');

    pretendLater(59_000);
    await client.request(get);
    pretendLater(12_000);
    await untilSent(client, 'Bearer two');

    expect(new Set(authorizations())).toEqual(new Set(['Bearer one', 'Bearer two']));
    expect(runs()).toBe(2);
  });
});

describe('credentials that the server refuses', () => {
  it('that have changed in the meantime cost one more request', async () => {
    server.handle((request, response) => {
      sendJson(response, request.headers.authorization === 'Bearer new' ? 200 : 401, {});
    });
    let token = 'new';
    const config = kubeConfig({ server: server.url }, {});
    config.applyToHTTPSOptions = (options) => {
      Object.assign(options, { headers: { Authorization: `Bearer ${token}` } });
      return Promise.resolve();
    };
    const client = new ApiClient(config);
    await client.request(get);
    server.handle((request, response) => {
      sendJson(response, request.headers.authorization === 'Bearer newer' ? 200 : 401, {});
    });
    token = 'newer';

    const answer = await client.request({ ...get, method: 'PUT', body: { a: 1 } });

    expect(answer.status).toBe(200);
    expect(authorizations()).toEqual(['Bearer new', 'Bearer new', 'Bearer newer']);
  });

  describe.each([
    ['a plugin that gave them for another hour', '2999-01-01T00:00:00Z'],
    ['a plugin that gave them for good', null],
  ])('are asked of %s', (_, expires) => {
    const answer = (expirationTimestamp: string | null): string =>
      `printf '{"status":{"token":"%s","expirationTimestamp":${JSON.stringify(expirationTimestamp)}}}' "$(cat "$(dirname "$0")/token")"`;

    it('anew, once, and a write is repeated with the new ones', async () => {
      const tokenFile = join(directory, 'token');
      writeFileSync(tokenFile, 'one');
      const { command, runs } = plugin(answer(expires));
      const client = execConfig(command);
      await client.request(get);
      pretendLater(11_000);
      await client.request(get);
      expect(runs()).toBe(1);
      writeFileSync(tokenFile, 'two');
      server.handle((request, response) => {
        sendJson(response, request.headers.authorization === 'Bearer two' ? 200 : 401, {});
      });

      const answers = [
        await client.request({ ...get, method: 'PUT', body: { a: 1 } }),
        await client.request(get),
      ];

      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(authorizations().slice(-3)).toEqual(['Bearer one', 'Bearer two', 'Bearer two']);
      expect(runs()).toBe(2);
    });

    it('once for many requests, and once more for each that is refused after that', async () => {
      writeFileSync(join(directory, 'token'), 'one');
      const { command, runs } = plugin(answer(expires));
      const client = execConfig(command);
      await client.request(get);
      server.handle(answerWith(401, {}));

      await Promise.all([client.request(get), client.request(get), client.request(get)]);
      expect(runs()).toBe(2);
      await client.request(get);

      expect(runs()).toBe(3);
      expect(authorizations()).toHaveLength(5);
    });
  });

  it('are not taken for new when they were being read at that moment', async () => {
    let token = 'old';
    let release = (): void => undefined;
    let waits = Promise.resolve();
    const config = kubeConfig({ server: server.url }, {});
    config.applyToHTTPSOptions = async (options) => {
      const now = token;
      await waits;
      Object.assign(options, { headers: { Authorization: `Bearer ${now}` } });
    };
    const client = new ApiClient(config);
    await client.request(get);
    // A reading in the background begins, and is held up until the token has been replaced.
    waits = new Promise((resolve) => (release = resolve));
    pretendLater(11_000);
    await client.request(get);
    await new Promise(setImmediate);
    token = 'new';
    waits = Promise.resolve();
    server.handle((request, response) => {
      sendJson(response, request.headers.authorization === 'Bearer new' ? 200 : 401, {});
    });

    const { status } = await client.request(get);
    release();
    await new Promise(setImmediate);

    expect([status, (await client.request(get)).status]).toEqual([200, 200]);
    expect(authorizations().slice(2)).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
  });

  it('and have not changed are not sent twice', async () => {
    server.handle(answerWith(401, {}));
    const client = new ApiClient(kubeConfig({ server: server.url }, { token: 'old' }));

    expect((await client.request(get)).status).toBe(401);
    expect(server.requests).toHaveLength(1);
  });
});

describe('credentials that cannot be had', () => {
  const failing: readonly (readonly [situation: string, script: string, expected: RegExp])[] = [
    [
      'the plugin fails and prints a secret',
      `echo "token ${SECRET} refused" >&2; exit 3`,
      /the credential plugin ".*plugin\.sh" of the kubeconfig's user "test-user" gave no credentials/,
    ],
    ['the plugin prints no JSON', `echo "oops ${SECRET}"`, /\(not valid JSON\)/],
    [
      'the plugin prints other JSON',
      `echo '{"a":"${SECRET}"}'`,
      /neither a token nor a client certificate/,
    ],
    [
      'the plugin gives a token with a line break inside',
      `printf '%s' '{"status":{"token":"${SECRET}\\nX-Evil: 1"}}'`,
      /"Authorization" that contains characters no HTTP header may have/,
    ],
  ];

  it.each(failing)('because %s end the request without a secret', async (_, script, expected) => {
    const error = await failure(execConfig(plugin(script).command, [SECRET]).request(get));

    expect(error.kind).toBe('credentials');
    expect(error.mayHaveCommitted).toBe(false);
    expect(error.message).toMatch(/^Lease a\/b: /);
    expect(error.message).toMatch(expected);
    expect(everythingShown(error)).not.toContain(SECRET);
    expect(server.requests).toHaveLength(0);
  });

  it('because the plugin does not exist name it, and say so', async () => {
    const error = await failure(execConfig('no-such-plugin').request(get));

    expect(error.message).toContain('"no-such-plugin"');
    expect(error.message).toContain('was not found (ENOENT): install it, or add its directory');
    expect(error.message).not.toContain('output');
  });

  it('because the plugin hangs are given up in time, with nothing sent', async () => {
    const { command } = plugin(`exec sleep 0.3`);

    const error = await failure(execConfig(command).request({ ...get, timeoutMs: 50 }));

    expect(error.kind).toBe('credentials');
    expect(error.message).toMatch(/plugin ".*" gave no credentials within 50 ms; nothing was sent/);
    expect(server.requests).toHaveLength(0);
  });
});

describe('a kubeconfig that makes no sense', () => {
  it.each([
    ['a server that is no URL', { server: 'nonsense' }, /server .* is not an http or https URL/],
    ['a server of another scheme', { server: 'ftp://x' }, /is not an http or https URL/],
    [
      'a proxy of another scheme',
      { server: 'http://127.0.0.1:1', proxyUrl: `ftp://u:${SECRET}@proxy` },
      /proxy-url is not a URL with http/,
    ],
  ])('because of %s is refused', async (_, cluster, expected) => {
    const error = await failure(new ApiClient(kubeConfig(cluster)).request(get));

    expect(error.kind).toBe('credentials');
    expect(error.message).toMatch(expected);
    expect(everythingShown(error)).not.toContain(SECRET);
  });

  it('because it has no such context is refused', async () => {
    const config = kubeConfig({ server: server.url });
    config.setCurrentContext('elsewhere');

    const error = await failure(new ApiClient(config).request(get));

    expect(error.message).toContain('no cluster for its current context "elsewhere"');
  });

  it('because it would send a token to another machine in the clear is refused', async () => {
    const config = kubeConfig({ server: 'http://api.example.invalid' }, { token: SECRET });

    const error = await failure(new ApiClient(config).request(get));

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain(
      'would send credentials to api.example.invalid:80 over plain http',
    );
    expect(everythingShown(error)).not.toContain(SECRET);
  });
});

describe('secrets', () => {
  it('that a server sends back with an error are blotted out', async () => {
    server.handle((request, response) => {
      const { authorization } = request.headers;
      sendJson(response, 500, { kind: 'Status', message: `not for ${authorization}` });
    });
    const client = new ApiClient(kubeConfig({ server: server.url }, { token: SECRET }));

    expect(await client.request(get)).toMatchObject({
      json: { message: 'not for Bearer [redacted]' },
    });
  });

  it('are not to be seen in a client, nor in the error of a broken connection', async () => {
    const client = new ApiClient(kubeConfig({ server: server.url }, { token: SECRET }));
    await client.request(get);
    await server.close();

    const error = await failure(client.request(get));

    expect(error.kind).toBe('network');
    expect(everythingShown(error)).not.toContain(SECRET);
    expect(everythingShown(client)).not.toContain(SECRET);
  });
});
