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
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, type BuiltCli } from './support/built-cli.js';
import { CliProcess } from './support/cli-process.js';
import { isAlive, until } from './support/processes.js';

describe.runIf(process.platform === 'linux')('the demo as a command', { timeout: 120_000 }, () => {
  let cli: BuiltCli;
  let demo: CliProcess | undefined;

  beforeAll(async () => {
    cli = await buildCli();
  });

  afterEach(() => demo?.kill('SIGKILL'));

  afterAll(() => cli.dispose());

  it('with --inspect begins when the chart is open, shows every candidate, and ends with it', async () => {
    demo = new CliProcess(cli.script, ['demo', '--plain', '--inspect', '--candidates', '2']);
    await demo.printed('The live chart');
    await until('the address', () => demo!.stdout.includes('/\n'));
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(demo.stdout) ?? [];
    expect(demo.stdout).not.toContain('candidate-1');
    const page = new AbortController();
    const stream = await fetch(`${url}stream`, { signal: page.signal });
    expect(stream.status).toBe(200);
    let told = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const part of stream.body!) told += decoder.decode(part as Uint8Array);
    })().catch(() => undefined);
    await demo.printed('The chart stays until', 90_000);
    for (const name of ['candidate-1', 'candidate-2']) expect(told).toContain(name);
    expect(told).toContain('renewing');
    page.abort();
    await reading;
    expect(await demo.exitCode).toBe(0);
    expect(demo.stderr).toBe('');
    const pids = [...demo.stdout.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));
    expect(pids.length).toBeGreaterThan(2);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('does not load the Kubernetes client for its own API server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'k8s-leader-election-demo-'));
    try {
      const script = installedIn(folder, cli.script);
      demo = new CliProcess(script, ['demo', '--plain', '--candidates', '2']);
      await demo.printed('LEADS now');
      demo.kill('SIGINT');
      expect(await demo.exitCode).toBe(130);
      expect(demo.stderr).toBe('');
      expect(existsSync(join(folder, 'loaded'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

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
