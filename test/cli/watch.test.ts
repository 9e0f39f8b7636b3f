import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../src/testing.js';
import { buildCli, type BuiltCli } from './support/built-cli.js';
import { CliProcess } from './support/cli-process.js';
import { until } from './support/processes.js';

/** So long that what is told within the test was not found by reading. */
const NEVER = ['--interval', '600'];

describe('watch', () => {
  let cli: BuiltCli;
  let server: EmbeddedApiServer;
  let directory: string;
  const running: CliProcess[] = [];

  beforeAll(async () => {
    cli = await buildCli();
    directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-watch-'));
  });

  afterEach(async () => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
    await server.close();
  });

  afterAll(() => {
    cli.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(...args: string[]): Promise<CliProcess> {
    const kubeconfig = join(directory, randomUUID());
    writeFileSync(kubeconfig, server.kubeConfig());
    const flags = ['--kubeconfig', kubeconfig, '-n', 'default'];
    const started = new CliProcess(cli.script, ['watch', ...flags, ...args]);
    running.push(started);
    return started;
  }

  /** The first sight is told, and from now on events come and nothing needs to be read. */
  async function watching(run: CliProcess, reads: number): Promise<void> {
    await until('the first sight', () => run.stdout !== '');
    await until('the watch, and a look at what was before it', () => {
      return server.watches.count === 1 && readings() === reads;
    });
  }

  const readings = (): number =>
    server.requests.filter(({ verb, status }) => ['get', 'list'].includes(verb) && status !== null)
      .length;

  function hold(name: string, holderIdentity: string, leaseDurationSeconds = 60): void {
    const now = new Date().toISOString().replace('Z', '000Z');
    const spec = { holderIdentity, leaseDurationSeconds, acquireTime: now, renewTime: now };
    server.store.put({ kind: 'Lease', metadata: { name, namespace: 'default' }, spec });
  }

  const told = ({ stdout }: CliProcess): string[] =>
    stdout
      .split('\n')
      .filter((line) => line.includes(' default/'))
      .map((line) => line.replace(/^\S+ /, '').replace(/, transitions.*/, ''));

  it('tells of a hand-over when the API server does, and reads nothing meanwhile', async () => {
    server = await startEmbeddedApiServer();
    hold('report', 'ann');
    const run = await start('report', ...NEVER);
    await watching(run, 2);
    hold('report', 'ben');
    await run.printed('held by ben');
    server.store.delete({ resource: 'leases', name: 'report' });
    await run.printed('there is no such object');
    expect(readings()).toBe(2);
    run.kill('SIGINT');
    expect(await run.exitCode).toBe(0);
    expect(told(run)).toEqual([
      'Lease default/report: held by ann',
      'Lease default/report: held by ben',
      'Lease default/report: there is no such object; nobody leads',
    ]);
    expect(run.stderr).toBe('');
  });

  it('follows all locks of a namespace on one connection, and new ones, too', async () => {
    server = await startEmbeddedApiServer();
    for (const name of ['a', 'b', 'c']) hold(name, 'ann');
    const run = await start(...NEVER, '--json');
    await watching(run, 2);
    hold('b', 'ben');
    await run.printed('"holder":"ben"');
    hold('d', 'dan');
    await run.printed('"holder":"dan"');
    const lines = run.stdout.trim().split('\n');
    const seen = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(seen.map(({ name, leader }) => `${String(name)} ${String(leader)}`)).toEqual([
      'a ann',
      'b ann',
      'c ann',
      'b ben',
      'd dan',
    ]);
    expect(seen[3]).toMatchObject({ standing: 'held', renewedSecondsAgoBy: 'observation' });
    expect([server.watches.count, readings()]).toEqual([1, 2]);
  });

  it('shows ConfigMaps with an election only, and says when one loses its record', async () => {
    server = await startEmbeddedApiServer();
    const put = (name: string, annotations: Record<string, string>): void => {
      const metadata = { name, namespace: 'default', annotations };
      server.store.put({ kind: 'ConfigMap', metadata });
    };
    const record = JSON.stringify({ holderIdentity: 'py', leaseDurationSeconds: 60 });
    put('lock', { 'control-plane.alpha.kubernetes.io/leader': record });
    put('settings', {});
    const run = await start('--lock', 'configmap', ...NEVER);
    await watching(run, 2);
    put('settings', { some: 'change' });
    put('lock', {});
    await run.printed('no election record');
    expect(told(run)).toEqual([
      'ConfigMap default/lock: held by py',
      'ConfigMap default/lock: no election record; nobody leads',
    ]);
  });

  it('sees that a lease runs out, which no event tells, and looks before it says so', async () => {
    server = await startEmbeddedApiServer();
    // Not before the watch is open, on a busy machine either.
    hold('report', 'ann', 8);
    const run = await start('report', ...NEVER);
    await watching(run, 2);
    await run.printed('expired but still named: ann');
    expect(readings()).toBe(3);
  });

  it('does not take a watch that has fallen silent for a leader that has', async () => {
    server = await startEmbeddedApiServer();
    hold('report', 'ann', 8);
    const run = await start('report', ...NEVER);
    await watching(run, 2);
    server.watches.silence();
    hold('report', 'ben', 3);
    await run.printed('held by ben');
    await run.printed('expired but still named: ben');
    expect(told(run)).toHaveLength(3);
  });

  it('without the right to watch reads now and then, and says once why and what to do', async () => {
    server = await startEmbeddedApiServer();
    server.deny({ verb: 'watch' });
    hold('report', 'ann');
    const run = await start('report', '--interval', '0.1');
    await run.printed('held by ann');
    await run.printed('may not watch');
    hold('report', 'ben');
    await run.printed('held by ben');
    expect(run.stderr).toMatch(
      /This account may not watch Lease default\/report \(the verb "watch" on leases is missing\)\. So it is read every 0\.1 s.*check prints/,
    );
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('goes on reading when watches break, and says when they work again', async () => {
    server = await startEmbeddedApiServer();
    hold('report', 'ann');
    const heal = server.faults.add({ match: { verb: 'watch' }, fault: { kind: 'reset' } });
    const run = await start('report', '--interval', '0.1');
    await run.printed('until a watch works again');
    hold('report', 'ben');
    await run.printed('held by ben');
    heal();
    await run.printed('Changes are told as they come from now on.');
  });

  it('says that the API server is gone and is back, and has missed nothing', async () => {
    server = await startEmbeddedApiServer();
    hold('report', 'ann');
    const run = await start('report', '--interval', '0.1');
    await watching(run, 2);
    const heal = server.faults.add({ fault: { kind: 'reset' } });
    server.watches.closeAll({ abruptly: true });
    await run.printed('Lease default/report:');
    await until('a word of it', () => run.stderr !== '');
    hold('report', 'ben');
    heal();
    await run.printed('The API server answers again.');
    await run.printed('held by ben');
  });
});
