import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it, type TestContext } from 'vitest';
import { LeaderElection } from '../../src/index.js';
import { inspectElection, startInspector } from '../../src/inspect.js';
import { InMemoryLockStore } from '../../src/testing.js';
import { builtProgram } from '../support/built-program.js';
import { describeWithNamespaces, NetworkNamespace } from '../support/network-namespace.js';
import { makeAuthority } from '../unit/kubernetes/support/certificates.js';
import { SHORT, untilAborted } from './support/candidates.js';
import { StreamReader } from './support/reports.js';

const PROGRAM = fileURLToPath(new URL('./support/remote-reporter.ts', import.meta.url));
const TOKEN = 'the-token-of-this-chart';
const OTHER = 'the-token-of-another-one';
const PATIENCE = { timeout: 60_000 };

interface Reporter {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly warnings: () => string[];
  readonly renewals: () => number;
}

/** A candidate in another process, perhaps in another network, that reports to `url`. */
async function startReporter(
  { onTestFinished }: TestContext,
  args: readonly [url: string, token: string, identity: string],
  { from, env = {} }: { from?: NetworkNamespace; env?: Record<string, string> } = {},
): Promise<Reporter> {
  const node = [await builtProgram(PROGRAM), ...args];
  const [program, all] = from?.command(process.execPath, node) ?? [process.execPath, node];
  const child = spawn(program, all, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => (output += part.toString()));
  }
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = (): { warning?: string; renewed?: boolean }[] =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { warning?: string; renewed?: boolean });
  return {
    child,
    output: () => output,
    warnings: () => lines().flatMap(({ warning }) => warning ?? []),
    renewals: () => lines().filter(({ renewed }) => renewed === true).length,
  };
}

/** It leads on, has said once what is wrong with the chart, and has not said a token. */
async function expectUndisturbed(
  { expect }: TestContext,
  { renewals, warnings, output }: Reporter,
  said: string,
) {
  await expect.poll(renewals, PATIENCE).toBeGreaterThan(3);
  expect(warnings()).toEqual([expect.stringContaining(said)]);
  expect(warnings()[0]).toContain('the election goes on');
  expect(output()).not.toContain(TOKEN);
  expect(output()).not.toContain(OTHER);
}

await describeWithNamespaces('a candidate in another network', () => {
  it.concurrent(
    'reaches the chart with its token, is refused without, and is gone when it is killed',
    async (context) => {
      const { expect } = context;
      await using other = await NetworkNamespace.make();
      await using inspector = await startInspector({ host: other.hostAddress, token: TOKEN });
      const { port } = new URL(inspector.url);
      const url = `http://${other.hostAddress}:${port}`;
      const stream = await StreamReader.open(inspector.url);
      const [good, bad] = await Promise.all([
        startReporter(context, [url, TOKEN, 'good'], { from: other }),
        startReporter(context, [url, OTHER, 'bad'], { from: other }),
      ]);
      await expect.poll(() => stream.steps.some(({ view }) => view.leads), PATIENCE).toBe(true);
      await expectUndisturbed(context, bad, 'refuses the reports: it has another token');
      expect(inspector.candidates.map(({ identity }) => identity)).toEqual(['good']);
      expect(good.warnings()).toEqual([]);
      const gone = () =>
        stream.messages.flatMap(({ reports }) => reports.filter(({ kind }) => kind === 'gone'));
      expect(gone()).toEqual([]);
      good.child.kill('SIGKILL');
      await expect.poll(gone, PATIENCE).toMatchObject([{ vanished: true }]);
      stream.close();
    },
  );

  it.concurrent('does not reach a chart that is for its own machine alone', async (context) => {
    const { expect } = context;
    await using other = await NetworkNamespace.make();
    await using inspector = await startInspector({ token: TOKEN });
    const { port } = new URL(inspector.url);
    const reporter = await startReporter(
      context,
      [`http://${other.hostAddress}:${port}`, TOKEN, 'ada'],
      {
        from: other,
      },
    );
    await expectUndisturbed(context, reporter, 'cannot be reached (ECONNREFUSED)');
    expect(inspector.candidates).toEqual([]);
  });
});

/** A proxy that speaks TLS in front of a chart, and what it writes into its log. */
async function secureProxy(
  context: TestContext,
  port: string,
  certificate: { cert: string; key: string },
): Promise<{ url: string; log: string[] }> {
  const log: string[] = [];
  const server = createSecureServer(certificate, (asked, answer) => {
    log.push(`${asked.method} ${asked.url}`);
    const { method, url: path, headers } = asked;
    // As nginx does without more ado: a connection for each request.
    const onwards = request(
      { port, host: '127.0.0.1', method, path, headers, agent: false },
      (back) => {
        answer.writeHead(back.statusCode ?? 502);
        back.pipe(answer);
      },
    );
    onwards.on('error', () => answer.destroy());
    asked.pipe(onwards);
  });
  const url = await listening(context, server);
  return { url: url.replace('http:', 'https:'), log };
}

async function listening(
  { onTestFinished }: TestContext,
  server: Server | ReturnType<typeof createSecureServer>,
): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a candidate that reports', () => {
  it.concurrent(
    'goes through a proxy that speaks TLS, and the token is in no address',
    async (context) => {
      const { expect } = context;
      const authority = makeAuthority('an authority of this test');
      const folder = await mkdtemp(join(tmpdir(), 'k8s-leader-election-ca-'));
      context.onTestFinished(() => rm(folder, { recursive: true }));
      const file = join(folder, 'ca.pem');
      await writeFile(file, authority.cert);
      await using inspector = await startInspector({ host: '0.0.0.0', token: TOKEN });
      const certificate = authority.issue('chart', ['127.0.0.1']);
      const { url, log } = await secureProxy(context, new URL(inspector.url).port, certificate);
      const stream = await StreamReader.open(inspector.url);
      const env = { NODE_EXTRA_CA_CERTS: file };
      const reporter = await startReporter(context, [url, TOKEN, 'ada'], { env });
      await expect.poll(reporter.renewals, PATIENCE).toBeGreaterThan(4);
      expect(reporter.warnings()).toEqual([]);
      expect(stream.steps.some(({ view }) => view.leads)).toBe(true);
      // Connections that end with each request do not make it be taken for gone. On a busy machine it may
      // be, once, since it is late itself.
      expect(stream.bytes.split('"vanished"').length - 1).toBeLessThan(log.length / 2);
      expect(new Set(log)).toEqual(new Set(['POST /reports']));
      const untrusting = await startReporter(context, [url, TOKEN, 'bob']);
      await expectUndisturbed(context, untrusting, 'cannot be reached');
      stream.close();
    },
  );

  it.concurrent(
    'is not disturbed by a chart that takes the reports and never answers',
    async (context) => {
      const { expect } = context;
      let bytes = 0;
      const url = await listening(
        context,
        createServer((asked) => asked.on('data', (part: Buffer) => (bytes += part.length))),
      );
      const warnings: string[] = [];
      const nothing = (): void => undefined;
      const election = new LeaderElection({
        lock: new InMemoryLockStore().lock('ada'),
        ...SHORT,
        onStartedLeading: untilAborted,
        logger: {
          debug: nothing,
          info: nothing,
          warn: (_fields, message) => warnings.push(message),
          error: nothing,
        },
      });
      const connection = await inspectElection(election, { report: url, token: TOKEN });
      expect(await inspectElection(election, { report: url, token: TOKEN })).toBe(connection);
      const running = election.run();
      await expect
        .poll(() => warnings, PATIENCE)
        .toEqual([expect.stringContaining('cannot be reached (no answer)')]);
      expect(bytes).toBeGreaterThan(0);
      expect(election.isLeader()).toBe(true);
      await connection.close();
      await election.stop();
      expect(await running).toMatchObject({ reason: 'stopped' });
    },
  );
});
