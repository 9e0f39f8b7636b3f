import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../src/testing.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 90_000;

/** The demo as its users start it, with what it has printed so far. */
class Demo {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(...flags: string[]) {
    this.child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'demo', ...flags], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data: Buffer) => (this.stdout += data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.#ended = once(this.child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('The demo could not be started');
    return this.child.pid;
  }

  async exitCode(): Promise<number | null> {
    return (await this.#ended).code;
  }

  /** Resolves once that is printed; rejects with the output when the demo ends without. */
  async printed(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.stdout.includes(text)) resolve();
      };
      this.child.stdout?.on('data', look);
      look();
    });
    const ended = this.#ended.then(() => {
      throw new Error(`The demo never printed "${text}":\n${this.stdout}\n${this.stderr}`);
    });
    await Promise.race([seen, ended]);
  }

  /** The ids of the candidate processes that it has started and that are there now. */
  children(): number[] {
    return processes()
      .filter(({ parent, args }) => parent === this.pid && args.includes('__demo-candidate'))
      .map(({ pid }) => pid);
  }

  async childrenAre(count: number): Promise<number[]> {
    await until(() => this.children().length >= count);
    return this.children();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

/** All but those that have ended and are only waited for. */
function processes(): Process[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return [...table.matchAll(/^ *(\d+) +(\d+) +([A-Y]\S*) +(.*)$/gm)].map(
    ([, pid, parent, , args = '']) => ({ pid: Number(pid), parent: Number(parent), args }),
  );
}

function alive(pids: readonly number[]): number[] {
  const present = new Set(processes().map(({ pid }) => pid));
  return pids.filter((pid) => present.has(pid));
}

async function until(condition: () => boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${withinMs} ms: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Every candidate process that was named in the output. */
function namedPids(output: string): number[] {
  return [...output.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));
}

function count(pattern: RegExp, text: string): number {
  return [...text.matchAll(pattern)].length;
}

const running: Demo[] = [];

function start(...flags: string[]): Demo {
  const demo = new Demo(...flags);
  running.push(demo);
  return demo;
}

afterEach(async () => {
  for (const demo of running.splice(0)) {
    demo.kill('SIGKILL');
    await demo.exitCode();
  }
});

describe('the demo without a cluster', { timeout: TIMEOUT_MS }, () => {
  it('elects, kills, takes over, hands over, sums up, exits 0, and leaves no process', async () => {
    const demo = start();
    expect(await demo.exitCode(), demo.stdout + demo.stderr).toBe(0);
    expect(demo.stderr).toBe('');
    const { stdout } = demo;

    const tokens = [...stdout.matchAll(/(candidate-\d) LEADS now, with fencing token (\d+)/g)];
    const [first, second, third] = tokens;
    expect(tokens).toHaveLength(3);
    expect(Number(first![2])).toBeLessThan(Number(second![2]));
    expect(Number(second![2])).toBeLessThan(Number(third![2]));

    const placesOf = (texts: readonly string[]) => {
      const places = texts.map((text) => stdout.indexOf(text));
      expect(places).not.toContain(-1);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      return places;
    };
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

    const pids = namedPids(stdout);
    expect(new Set(pids).size).toBe(4);
    expect(alive(pids)).toEqual([]);
    // eslint-disable-next-line no-control-regex -- terminals are controlled by these
    expect(count(/\u001b/g, stdout)).toBe(0);
  });

  it('Ctrl-C while the others wait for the lease leaves nothing, and exits 130', async () => {
    const demo = start('--plain');
    await demo.printed('is dead');
    const pids = await demo.childrenAre(2);
    demo.kill('SIGINT');
    expect(await demo.exitCode()).toBe(130);
    expect(demo.stdout.trimEnd()).toMatch(/Nothing is left running\.$/);
    expect(alive(pids)).toEqual([]);
    expect(demo.stdout).not.toContain('What you saw');
  });

  it('SIGTERM while its candidates are starting leaves nothing, and exits 143', async () => {
    const demo = start('--plain', '--candidates', '2');
    const pids = await demo.childrenAre(2);
    demo.kill('SIGTERM');
    expect(await demo.exitCode()).toBe(143);
    expect(alive(pids)).toEqual([]);
  });

  it('killed while its candidates are starting, it takes them along', async () => {
    const demo = start('--plain');
    const pids = await demo.childrenAre(3);
    demo.kill('SIGKILL');
    await demo.exitCode();
    await until(() => alive(pids).length === 0);
  });

  it('killed while they compete, it takes them along', async () => {
    const demo = start('--plain');
    await demo.printed('LEADS now');
    const pids = await demo.childrenAre(3);
    demo.kill('SIGKILL');
    await demo.exitCode();
    await until(() => alive(pids).length === 0, 5000);
  });

  it('a candidate that somebody else kills ends it, with a sentence that says so', async () => {
    const demo = start('--plain');
    await demo.printed('LEADS now');
    const [victim, ...others] = await demo.childrenAre(3);
    process.kill(victim!, 'SIGKILL');
    expect(await demo.exitCode()).toBe(1);
    expect(demo.stderr).toMatch(
      /^k8s-leader-election demo: candidate-\d ended though nobody had told it to \(SIGKILL\)\.$/m,
    );
    expect(alive(others)).toEqual([]);
  });

  it('a reader that goes away ends it, and its candidates', async () => {
    const demo = start('--plain');
    const pids = await demo.childrenAre(3);
    demo.child.stdout?.destroy();
    expect(await demo.exitCode()).toBe(141);
    expect(alive(pids)).toEqual([]);
  });

  it('wrong flags: one line for each, exit code 2, and nothing is started', async () => {
    const demo = start('--candidates', '1', '--lock', 'paper');
    expect(await demo.exitCode()).toBe(2);
    expect(demo.stdout).toBe('');
    expect(demo.stderr.trimEnd().split('\n')).toEqual([
      'k8s-leader-election demo: --candidates must be a whole number from 2 to 9; received "1"',
      'k8s-leader-election demo: --lock must be lease or configmap; received "paper"',
      'See k8s-leader-election demo --help.',
    ]);
  });
});

describe('the demo on a cluster', { timeout: TIMEOUT_MS }, () => {
  let directory = '';
  let kubeconfig = '';
  let server: EmbeddedApiServer;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'demo-e2e-'));
    kubeconfig = join(directory, 'config');
  });
  beforeEach(async () => {
    server = await startEmbeddedApiServer({
      tokens: { 'token-of-ann': 'ann' },
      namespaces: ['team-a'],
    });
    writeFileSync(kubeconfig, server.kubeConfig({ namespace: 'team-a' }));
  });
  afterEach(async () => {
    await server.close();
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const onCluster = (...flags: string[]): Demo =>
    start('--plain', '--kubeconfig', kubeconfig, ...flags);

  it('plays in the namespace of the context and deletes its Lease at the end', async () => {
    const demo = onCluster('--candidates', '2');
    expect(await demo.exitCode(), demo.stdout + demo.stderr).toBe(0);
    const [, name] = /Lease team-a\/(leader-election-demo-[0-9a-f]{8}) has been deleted/.exec(
      demo.stdout,
    )!;
    expect(count(/LEADS now/g, demo.stdout)).toBe(3);
    const writes = server.requests.filter((request) => request.name === name);
    expect(writes.filter(({ verb }) => verb === 'delete').length).toBeGreaterThan(0);
    expect(server.store.list('leases')).toEqual([]);
  });

  it('Ctrl-C deletes its ConfigMap, too', async () => {
    const demo = onCluster('--lock', 'configmap', '--namespace', 'default');
    await demo.printed('LEADS now');
    const pids = await demo.childrenAre(3);
    expect(server.store.list('configmaps', 'default')).toHaveLength(1);
    demo.kill('SIGINT');
    expect(await demo.exitCode()).toBe(130);
    expect(server.store.list('configmaps', 'default')).toEqual([]);
    expect(alive(pids)).toEqual([]);
  });

  it.each(['create', 'update'])(
    'an account without the verb %s is told so, and no candidate is started',
    async (verb) => {
      server.deny({ user: 'ann', verb, resource: 'leases' });
      const demo = onCluster();
      expect(await demo.exitCode()).toBe(1);
      expect(demo.stdout).toBe('');
      expect(demo.stderr).toContain(
        `This account is missing the verb "${verb}" on leases.coordination.k8s.io`,
      );
      expect(demo.stderr).toContain('leave out resourceNames');
      expect(demo.stderr).not.toContain('token-of-ann');
      expect(server.store.list('leases')).toEqual([]);
    },
  );

  it('an account that may not delete is told so before anything is created', async () => {
    server.deny({ user: 'ann', verb: 'delete' });
    const demo = onCluster();
    expect(await demo.exitCode()).toBe(1);
    expect(demo.stderr).toContain(
      'missing the verb "delete" on leases.coordination.k8s.io in namespace "team-a"',
    );
    expect(demo.stdout).toBe('');
    const onLeases = server.requests.filter(({ resource }) => resource === 'leases');
    expect(onLeases).toEqual([]);
  });

  it('an account that loses the right to delete is told how to remove what is left', async () => {
    const demo = onCluster();
    await demo.printed('LEADS now');
    server.deny({ user: 'ann', verb: 'delete' });
    demo.kill('SIGINT');
    expect(await demo.exitCode()).toBe(130);
    const [left] = server.store.list('leases');
    const command = `kubectl delete lease ${left!.metadata.name ?? '?'} --namespace team-a`;
    expect(demo.stderr).toContain(command);
  });

  it('a namespace that does not exist is named', async () => {
    const demo = onCluster('--namespace', 'nowhere');
    expect(await demo.exitCode()).toBe(1);
    expect(demo.stderr).toContain('namespace "nowhere" does not exist');
  });

  it('a context that the kubeconfig does not have is a wrong flag', async () => {
    const demo = onCluster('--context', 'prod');
    expect(await demo.exitCode()).toBe(2);
    expect(demo.stderr).toBe(
      `k8s-leader-election demo: There is no context "prod" in ${kubeconfig}: it has embedded.\n` +
        'See k8s-leader-election demo --help.\n',
    );
  });

  it('a file that is no kubeconfig is a wrong flag, and is not quoted', async () => {
    writeFileSync(kubeconfig, 'users: [ { token: s3cret\n');
    const demo = onCluster();
    expect(await demo.exitCode()).toBe(2);
    expect(demo.stderr).toMatch(
      /^k8s-leader-election demo: --kubeconfig .* cannot be used: not valid YAML/,
    );
    expect(demo.stderr).not.toContain('s3cret');
  });

  it('when nobody takes over in time it says so, exits 1, and cleans up', async () => {
    const demo = onCluster();
    await demo.printed('is dead');
    const pids = await demo.childrenAre(2);
    server.faults.add({ match: { verb: 'update' }, fault: { kind: 'status', status: 500 } });
    expect(await demo.exitCode()).toBe(1);
    expect(demo.stderr).toMatch(
      /^k8s-leader-election demo: Nobody took over from candidate-\d within 7\.20 s \(lease 4 s/,
    );
    expect(demo.stderr).toContain('HTTP 500');
    expect(server.store.list('leases')).toEqual([]);
    expect(alive(pids)).toEqual([]);
  });
});
