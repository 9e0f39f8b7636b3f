import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startEmbeddedApiServer } from '../../src/testing.js';
import { buildCli, type BuiltCli } from '../cli/support/built-cli.js';
import { callCli } from '../cli/support/call-cli.js';
import { CliProcess } from '../cli/support/cli-process.js';
import { isAlive, processes, until } from '../cli/support/processes.js';

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.dispose());

/** All demos here start at once, three and more processes each. */
const PATIENCE_MS = 90_000;

/** The demo as its users start it; it does not outlive the test. */
function start({ onTestFinished }: TestContext, ...flags: string[]): CliProcess {
  const demo = new CliProcess(cli.script, ['demo', ...flags], { patienceMs: PATIENCE_MS });
  onTestFinished(async () => {
    demo.kill('SIGKILL');
    await demo.exitCode;
  });
  return demo;
}

/** The ids of the candidate processes of a demo, once there are so many. */
function candidatesOf(demo: CliProcess, count: number): Promise<number[]> {
  const find = (): number[] | false => {
    const all = processes().filter(
      ({ parent, args }) => parent === demo.pid && args.includes('__demo-candidate'),
    );
    return all.length >= count && all.map(({ pid }) => pid);
  };
  return until('the candidates', find, PATIENCE_MS);
}

const alive = (pids: readonly number[]): number[] => pids.filter(isAlive);

describe.runIf(process.platform === 'linux')('the demo', () => {
  it.concurrent(
    'elects, kills, takes over, hands over, sums up, shows it all in a chart, and leaves no process',
    async (context) => {
      const demo = start(context, '--inspect');
      await demo.printed('The live chart');
      await until('the address', () => demo.stdout.includes('/\n'));
      expect(demo.stdout).not.toContain('candidate-1');
      const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(demo.stdout) ?? [];
      const page = new AbortController();
      const { body } = await fetch(`${url}stream`, { signal: page.signal });
      let told = '';
      const reading = (async () => {
        const decoder = new TextDecoder();
        for await (const part of body!) told += decoder.decode(part as Uint8Array);
      })().catch(() => undefined);
      await demo.printed('The chart stays until');
      for (const name of [1, 2, 3]) expect(told).toContain(`candidate-${name}`);
      expect(told).toContain('renewing');
      page.abort();
      await reading;
      expect(await demo.exitCode).toBe(0);
      expect(demo.stderr).toBe('');
      expectStory(demo.stdout);

      const pids = [...demo.stdout.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));
      expect(new Set(pids).size).toBe(4);
      expect(alive(pids)).toEqual([]);
      // eslint-disable-next-line no-control-regex -- terminals are controlled by these
      expect(demo.stdout).not.toMatch(/\u001b/);
    },
  );

  it.concurrent('on a cluster deletes its Lease at the end', async (context) => {
    const { server, flags } = await cluster(context);
    const demo = start(context, ...flags, '--candidates', '2');
    expect(await demo.exitCode, demo.stdout + demo.stderr).toBe(0);
    const [, name] = /Lease team-a\/(leader-election-demo-[0-9a-f]{8}) has been deleted/.exec(
      demo.stdout,
    )!;
    expect(demo.stdout.match(/LEADS now/g)).toHaveLength(3);
    const writes = server.requests.filter((request) => request.name === name);
    expect(writes.filter(({ verb }) => verb === 'delete').length).toBeGreaterThan(0);
    expect(server.store.list('leases')).toEqual([]);
  });

  it.concurrent('on a cluster deletes its ConfigMap by Ctrl-C, too', async (context) => {
    const { server, flags } = await cluster(context);
    const demo = start(
      context,
      ...flags,
      '--candidates',
      '2',
      '--lock',
      'configmap',
      '--namespace',
      'default',
    );
    await demo.printed('LEADS now');
    const pids = await candidatesOf(demo, 2);
    expect(server.store.list('configmaps', 'default')).toHaveLength(1);
    demo.kill('SIGINT');
    expect(await demo.exitCode).toBe(130);
    expect(server.store.list('configmaps', 'default')).toEqual([]);
    expect(alive(pids)).toEqual([]);
  });

  it.concurrent(
    'on a cluster tells who has lost the right to delete how to remove what is left',
    async (context) => {
      const { server, flags } = await cluster(context);
      const demo = start(context, ...flags, '--candidates', '2');
      await demo.printed('LEADS now');
      server.deny({ user: 'ann', verb: 'delete' });
      demo.kill('SIGINT');
      expect(await demo.exitCode).toBe(130);
      const [left] = server.store.list('leases');
      const command = `kubectl delete lease ${left!.metadata.name ?? '?'} --namespace team-a`;
      expect(demo.stderr).toContain(command);
    },
  );

  it.concurrent(
    'on a cluster says that nobody takes over in time, and cleans up',
    async (context) => {
      const { server, flags } = await cluster(context);
      const demo = start(context, ...flags, '--candidates', '2');
      await demo.printed('is dead');
      const pids = await candidatesOf(demo, 1);
      server.faults.add({ match: { verb: 'update' }, fault: { kind: 'status', status: 500 } });
      expect(await demo.exitCode).toBe(1);
      expect(demo.stderr).toMatch(
        /^k8s-leader-election demo: Nobody took over from candidate-\d within 7\.20 s \(lease 4 s/,
      );
      expect(demo.stderr).toContain('HTTP 500');
      expect(server.store.list('leases')).toEqual([]);
      expect(alive(pids)).toEqual([]);
    },
  );

  it.concurrent('Ctrl-C while the others wait for the lease leaves nothing', async (context) => {
    const demo = start(context, '--plain');
    await demo.printed('is dead');
    const pids = await candidatesOf(demo, 2);
    demo.kill('SIGINT');
    expect(await demo.exitCode).toBe(130);
    expect(demo.stdout.trimEnd()).toMatch(/Nothing is left running\.$/);
    expect(alive(pids)).toEqual([]);
    expect(demo.stdout).not.toContain('What you saw');
  });

  it.concurrent('SIGTERM while its candidates are starting leaves nothing', async (context) => {
    const demo = start(context, '--plain', '--candidates', '2');
    const pids = await candidatesOf(demo, 2);
    demo.kill('SIGTERM');
    expect(await demo.exitCode).toBe(143);
    expect(alive(pids)).toEqual([]);
  });

  it.concurrent.for([
    ['while they are starting', ''],
    ['while they compete', 'LEADS now'],
  ] as const)('killed %s, it takes its candidates along', async ([, text], context) => {
    const demo = start(context, '--plain');
    await demo.printed(text);
    const pids = await candidatesOf(demo, 3);
    demo.kill('SIGKILL');
    await demo.exitCode;
    await until('the end of the candidates', () => alive(pids).length === 0);
  });

  it.concurrent('a candidate that somebody else kills ends it, and it says so', async (context) => {
    const demo = start(context, '--plain');
    await demo.printed('LEADS now');
    const [victim, ...others] = await candidatesOf(demo, 3);
    process.kill(victim!, 'SIGKILL');
    expect(await demo.exitCode).toBe(1);
    expect(demo.stderr).toMatch(
      /^k8s-leader-election demo: candidate-\d ended though nobody had told it to \(SIGKILL\)\.$/m,
    );
    expect(alive(others)).toEqual([]);
  });

  it.concurrent('a reader that goes away ends it, and its candidates', async (context) => {
    const demo = start(context, '--plain');
    const pids = await candidatesOf(demo, 3);
    demo.child.stdout?.destroy();
    expect(await demo.exitCode).toBe(141);
    expect(alive(pids)).toEqual([]);
  });

  it.concurrent('loads no Kubernetes client for its own API server', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'k8s-leader-election-demo-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true }));
    const script = installedIn(folder, cli.script);
    const demo = new CliProcess(script, ['demo', '--candidates', '2'], { patienceMs: PATIENCE_MS });
    await demo.printed('LEADS now');
    demo.kill('SIGINT');
    expect(await demo.exitCode).toBe(130);
    expect(demo.stderr).toBe('');
    expect(existsSync(join(folder, 'loaded'))).toBe(false);
  });
});

/** All steps, in their order, with takeovers as fast as they may be, and never two leaders. */
function expectStory(stdout: string): void {
  const leaders = [...stdout.matchAll(/(candidate-\d) LEADS now, with fencing token (\d+)/g)];
  const tokens = leaders.map(([, , token]) => Number(token));
  expect(tokens).toHaveLength(3);
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));

  const placesOf = (texts: readonly string[]): number[] => {
    const places = texts.map((text) => stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    return places;
  };
  const [first, second, third] = leaders;
  const stop = `Step 4 of 4, clean stop: stopping ${second![1]} (SIGTERM)`;
  const order = placesOf([
    'lease duration 4 s (default 15 s)',
    'Step 1 of 4, election',
    first![0],
    `Step 2 of 4, crash: killing ${first![1]} (SIGKILL)`,
    `${first![1]} is dead`,
    second![0],
    `Step 3 of 4, restart: ${first![1]} is started again`,
    stop,
    third![0],
    'The end',
    'What you saw',
  ]);
  // The next one may lead before the answer to the release has been read.
  placesOf([stop, `${second![1]} has released the lock`, 'The end']);

  const summary = stdout.slice(order.at(-1)).replace(/\s+/g, ' ');
  const takeover = Number(/SIGKILL; candidate-\d led ([\d.]+) s later/.exec(summary)?.[1]);
  const handover = Number(/SIGTERM; candidate-\d led ([\d.]+) s later/.exec(summary)?.[1]);
  // A renewal is at most a second old, and a little, when the leader is killed.
  expect(takeover).toBeGreaterThan(2.5);
  expect(takeover).toBeLessThanOrEqual(7.2);
  expect(handover).toBeLessThanOrEqual(3.2);
  expect(summary).toContain('Two leaders at once: at no moment.');
  expect(summary).toContain('The 3 times of leading so reported do not overlap.');
}

/** The command line in that folder, beside a Kubernetes client that only notes that it was loaded. */
function installedIn(folder: string, script: string): string {
  const modules = join(folder, 'node_modules');
  const client = join(modules, '@kubernetes/client-node');
  mkdirSync(client, { recursive: true });
  const installed = fileURLToPath(new URL('../../node_modules/', import.meta.url));
  for (const name of ['commander', 'socks', 'xstate']) {
    symlinkSync(join(installed, name), join(modules, name));
  }
  writeFileSync(join(client, 'package.json'), '{ "version": "1.4.0", "main": "index.js" }');
  const mark = JSON.stringify(join(folder, 'loaded'));
  writeFileSync(join(client, 'index.js'), `require('node:fs').writeFileSync(${mark}, '')`);
  cpSync(dirname(script), folder, { recursive: true });
  return join(folder, basename(script));
}

/** A cluster in which the demo is played: in the namespace team-a, by ann. */
async function cluster({ onTestFinished }: TestContext) {
  const server = await startEmbeddedApiServer({
    tokens: { 'token-of-ann': 'ann' },
    namespaces: ['team-a'],
  });
  const directory = mkdtempSync(join(tmpdir(), 'demo-e2e-'));
  onTestFinished(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });
  const kubeconfig = join(directory, 'config');
  writeFileSync(kubeconfig, server.kubeConfig({ namespace: 'team-a' }));
  return { server, kubeconfig, flags: ['--plain', '--kubeconfig', kubeconfig] };
}

describe('where the demo cannot be played it says why, and leaves nothing', () => {
  it.for(['create', 'update', 'delete'])('the verb %s is missing', async (verb, context) => {
    const { server, flags } = await cluster(context);
    server.deny({ user: 'ann', verb, resource: 'leases' });
    const { code, stdout, stderr } = await callCli('demo', ...flags);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      `missing the verb "${verb}" on leases.coordination.k8s.io in namespace "team-a"`,
    );
    expect(stderr).toContain('leave out resourceNames');
    expect(stderr).not.toContain('token-of-ann');
    expect(server.requests.filter(({ resource }) => resource === 'leases')).toEqual([]);
  });

  it('the namespace does not exist', async (context) => {
    const { flags } = await cluster(context);
    const { code, stderr } = await callCli('demo', ...flags, '--namespace', 'nowhere');
    expect(code).toBe(1);
    expect(stderr).toContain('namespace "nowhere" does not exist');
  });

  it('the kubeconfig does not have the context', async (context) => {
    const { kubeconfig, flags } = await cluster(context);
    const { code, stderr } = await callCli('demo', ...flags, '--context', 'prod');
    expect(code).toBe(2);
    expect(stderr).toBe(
      `k8s-leader-election demo: There is no context "prod" in ${kubeconfig}: it has embedded.\n` +
        'See k8s-leader-election demo --help.\n',
    );
  });

  it('the file is no kubeconfig, and is not quoted', async (context) => {
    const { kubeconfig, flags } = await cluster(context);
    writeFileSync(kubeconfig, 'users: [ { token: s3cret\n');
    const { code, stderr } = await callCli('demo', ...flags);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^k8s-leader-election demo: --kubeconfig .* cannot be used: not valid YAML/,
    );
    expect(stderr).not.toContain('s3cret');
  });
});
