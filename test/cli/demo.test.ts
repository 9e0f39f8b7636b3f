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
});
