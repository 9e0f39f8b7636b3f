import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../../src/kubernetes/api-client.js';
import { failureOf, ask, get, put } from './support/asking.js';
import { failure } from './support/failure.js';
import { folderOfEachTest } from './support/folder.js';
import { kubeConfig } from './support/kube-configs.js';
import { pretendLater } from './support/pretend-later.js';
import { acceptOnly, answerWith, serversOfEachTest, type TestServer } from './support/server.js';
import { everythingShown } from './support/show.js';

const SECRET = 'marked-secret-4711';

const folder = folderOfEachTest();
const start = serversOfEachTest();
let server: TestServer;

beforeEach(async () => {
  server = await start(answerWith(200, {}));
});

afterEach(() => {
  vi.useRealTimers();
});

/** A kubeconfig that gives the credentials that this function does. */
function configThat(give: () => Promise<string>) {
  const config = kubeConfig({ server: server.url }, {});
  config.applyToHTTPSOptions = async (options) => {
    Object.assign(options, { headers: { Authorization: `Bearer ${await give()}` } });
  };
  return config;
}

/** A promise, and what resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** A credential plugin that counts its runs and does what the shell script says. */
function plugin(script: string): { command: string; runs: () => number } {
  const log = folder.write('runs', '');
  const command = folder.write('plugin.sh', `#!/bin/sh\necho run >> "${log}"\n${script}\n`);
  return { command, runs: () => readFileSync(log, 'utf8').split('\n').length - 1 };
}

/** One that gives what is in a file. */
function pluginWith(token: string, expires: string | null) {
  const file = folder.write('token', token);
  const status = `{"token":"%s","expirationTimestamp":${JSON.stringify(expires)}}`;
  const change = (next: string): string => folder.write('token', next);
  return { ...plugin(`printf '{"status":${status}}' "$(cat ${file})"`), change };
}

function execConfig(command: string, args: readonly string[] = []) {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args };
  return kubeConfig({ server: server.url }, { exec });
}

describe('the credentials of a request', () => {
  it.each([
    ['a bearer token', { token: 'abc' }, 'Bearer abc'],
    ['a name and a password', { username: 'ann', password: 'x' }, `Basic ${btoa('ann:x')}`],
    ['none for a context without user', null, undefined],
  ])('are %s', async (_, user, expected) => {
    await ask(kubeConfig({ server: server.url }, user));

    expect(server.authorizations()).toEqual([expected]);
  });

  it('are not waited for after a pause, and those of long ago are not used', async () => {
    let token = 'first';
    let answer = { ...gate(), opened: Promise.resolve() };
    let asked = gate();
    const give = async (): Promise<string> => {
      asked.open();
      await answer.opened;
      return token;
    };
    const client = new ApiClient(configThat(give));
    await client.request(get);
    token = 'second';
    // From here on the kubeconfig is slow, like a plugin that asks somebody.
    answer = gate();
    asked = gate();

    pretendLater(599_000);
    await client.request(get);
    expect(server.authorizations()).toEqual(['Bearer first', 'Bearer first']);
    await asked.opened;
    pretendLater(2_000);
    const late = client.request(get);
    await new Promise(setImmediate);
    expect(server.requests).toHaveLength(2);
    answer.open();
    await late;

    expect(server.authorizations().at(-1)).toBe('Bearer second');
  });

  it('that cannot be had do no harm while the ones before are accepted', async () => {
    let failures = -1;
    const give = (): Promise<string> => {
      failures += 1;
      return failures === 0 ? Promise.resolve('good') : Promise.reject(new Error('it is broken'));
    };
    const client = new ApiClient(configThat(give));
    await client.request(get);

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
    const { command, runs } = pluginWith('from-plugin', null);
    const client = new ApiClient(execConfig(command));

    await Promise.all([client.request(get), client.request(get), client.request(get)]);
    await client.request(get);

    expect(new Set(server.authorizations())).toEqual(new Set(['Bearer from-plugin']));
    expect(runs()).toBe(1);
  });

  it('come from the plugin anew when its answer has expired', async () => {
    const expires = new Date(Date.now() + 60_000).toISOString();
    const { command, runs, change } = pluginWith('one', expires);
    const client = new ApiClient(execConfig(command));
    await client.request(get);
    change('two');

    pretendLater(59_000);
    await client.request(get);
    pretendLater(12_000);
    // New ones are asked for beside a request.
    do await client.request(get);
    while (server.authorizations().at(-1) !== 'Bearer two');

    expect(new Set(server.authorizations())).toEqual(new Set(['Bearer one', 'Bearer two']));
    expect(runs()).toBe(2);
  });
});

describe('credentials that the server refuses', () => {
  describe.each([
    ['a plugin that gave them for another hour', '2999-01-01T00:00:00Z'],
    ['a plugin that gave them for good', null],
  ])('are asked of %s', (_, expires) => {
    it('anew, once, and a write is repeated with the new ones', async () => {
      const { command, runs, change } = pluginWith('one', expires);
      const client = new ApiClient(execConfig(command));
      await client.request(get);
      pretendLater(11_000);
      await client.request(get);
      expect(runs()).toBe(1);
      change('two');
      server.handle(acceptOnly('two'));

      const answers = [await client.request(put), await client.request(get)];

      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const sent = server.authorizations().slice(-3);
      expect(sent).toEqual(['Bearer one', 'Bearer two', 'Bearer two']);
      expect(runs()).toBe(2);
    });

    it('once for many requests, and once more for each that is refused after that', async () => {
      const { command, runs } = pluginWith('one', expires);
      const client = new ApiClient(execConfig(command));
      await client.request(get);
      server.handle(answerWith(401, {}));

      await Promise.all([client.request(get), client.request(get), client.request(get)]);
      expect(runs()).toBe(2);
      await client.request(get);

      expect(runs()).toBe(3);
      expect(server.requests).toHaveLength(5);
    });
  });

  it('are not taken for new when they were being read at that moment', async () => {
    let token = 'old';
    let waits = Promise.resolve();
    const give = async (): Promise<string> => {
      const now = token;
      await waits;
      return now;
    };
    const client = new ApiClient(configThat(give));
    await client.request(get);
    // A reading in the background begins, and is held up until the token has been replaced.
    const { opened, open } = gate();
    waits = opened;
    pretendLater(11_000);
    await client.request(get);
    await new Promise(setImmediate);
    token = 'new';
    waits = Promise.resolve();
    server.handle(acceptOnly('new'));

    const { status } = await client.request(get);
    open();
    await new Promise(setImmediate);

    expect([status, (await client.request(get)).status]).toEqual([200, 200]);
    expect(server.authorizations().slice(2)).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
  });
});

describe('credentials that cannot be had', () => {
  const ofUser =
    /^Lease a\/b: the credential plugin ".*plugin\.sh" of the kubeconfig's user "test-user" gave no credentials \(it ended with exit code 3\)/;
  const nothing = /neither a token nor a client certificate/;
  it.each<[situation: string, script: string, expected: RegExp]>([
    ['fails and prints a secret', `echo "token ${SECRET} refused" >&2; exit 3`, ofUser],
    ['is killed', 'kill -9 $$', /\(it ended by SIGKILL\)/],
    ['prints no JSON', `echo "oops ${SECRET}"`, /\(not valid JSON\)/],
    ['prints a null', 'echo null', nothing],
    ['prints other JSON', `echo '{"a":"${SECRET}"}'`, nothing],
    ['gives blanks', 'echo \'{"status":{"token":" "}}\'', nothing],
    [
      'gives a certificate without a key',
      `echo '{"status":{"clientCertificateData":"${SECRET}"}}'`,
      /a certificate without a key/,
    ],
    ['writes for ever', 'exec yes', /larger than 1 MB, so it was ended/],
    [
      'gives a token with a line break inside',
      `printf '%s' '{"status":{"token":"${SECRET}\\nX-Evil: 1"}}'`,
      /"Authorization" that contains characters no HTTP header may have/,
    ],
  ])('because the plugin %s end the request', async (_, script, expected) => {
    const error = await failureOf(execConfig(plugin(script).command, [SECRET]));

    expect(error).toMatchObject({ kind: 'credentials', mayHaveCommitted: false });
    expect(error.message).toMatch(/^Lease a\/b: /);
    expect(error.message).toMatch(expected);
    expect(everythingShown(error)).not.toContain(SECRET);
    expect(server.requests).toHaveLength(0);
  });

  it('because the plugin does not exist name it, and say so', async () => {
    const { message } = await failureOf(execConfig('no-such-plugin'));

    expect(message).toContain('"no-such-plugin"');
    expect(message).toContain('was not found (ENOENT): install it, or add its directory');
    expect(message).not.toContain('output');
  });

  it('because the plugin hangs are given up in time, with nothing sent', async () => {
    const { command } = plugin(`exec sleep 0.3`);

    const error = await failureOf(execConfig(command), { timeoutMs: 50 });

    expect(error.kind).toBe('credentials');
    expect(error.message).toMatch(/plugin ".*" gave no credentials within 50 ms; nothing was sent/);
    expect(server.requests).toHaveLength(0);
  });
});

describe('a kubeconfig that makes no sense', () => {
  const proxyUrl = `ftp://u:${SECRET}@proxy`;
  it.each<[why: string, cluster: { server: string }, expected: RegExp]>([
    ['its server is no URL', { server: 'nonsense' }, /server .* is not an http or https URL/],
    ['its server is of another scheme', { server: 'ftp://x' }, /is not an http or https URL/],
    [
      'its proxy is of another scheme',
      { server: 'http://127.0.0.1:1', ...{ proxyUrl } },
      /proxy-url is not a URL with http/,
    ],
    [
      'it would send a token to another machine in the clear',
      { server: 'http://api.example.invalid' },
      /would send credentials to api.example.invalid:80 over plain http/,
    ],
  ])('because %s is refused', async (_, cluster, expected) => {
    const error = await failureOf(kubeConfig(cluster, { token: SECRET }));

    expect(error.kind).toBe('credentials');
    expect(error.message).toMatch(expected);
    expect(everythingShown(error)).not.toContain(SECRET);
  });

  it('because it has no such context is refused', async () => {
    const config = kubeConfig({ server: server.url });
    config.setCurrentContext('elsewhere');

    const { message } = await failureOf(config);

    expect(message).toContain('it has no context "elsewhere", though that is its current one.');
  });
});
