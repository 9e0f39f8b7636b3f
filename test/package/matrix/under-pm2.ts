import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../support/run.js';
import { inTool } from './bench.js';
import { environment, holder } from './launch.js';
import type { Way } from './ways.js';

const LIMIT_MS = 30_000;

/**
 * Two copies. `pm2 stop` of one of them hands over to the other; `pm2 stop` of both leaves the lock
 * released. It sends SIGINT, and kills after 1.6 s by default.
 */
export function underPm2(mode: 'fork' | 'cluster'): Way {
  return async ({ bench, api, project, place }) => {
    // The path of a socket is short, and stands in this directory.
    const home = await mkdtemp(join(tmpdir(), 'pm2-'));
    const node = inTool(bench, 'node-24', '.bin/node');
    const script = inTool(bench, 'pm2', 'pm2/bin/pm2');
    const settings = await environment({ api, place, cwd: project, env: { PM2_HOME: home } });
    const env = Object.fromEntries(
      Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const pm2 = async (...args: string[]): Promise<void> => {
      const { code, stdout, stderr } = await run(node, [script, ...args], { cwd: project, env });
      if (code !== 0) throw new Error(`pm2 ${args.join(' ')}: ${stdout}${stderr}`);
    };
    const start = (name: string) => {
      const how = mode === 'cluster' ? ['-i', '1'] : ['--interpreter', node];
      return pm2('start', 'service.mjs', '--name', name, '--no-autorestart', ...how);
    };
    try {
      await start('one');
      await until(() => typeof holder(api) === 'string' && holder(api) !== '', 'nobody leads');
      const first = holder(api);
      await start('two');
      await pm2('stop', 'one');
      await until(() => holder(api) !== first && holder(api) !== '', 'the other does not lead');
      await pm2('stop', 'two');
      await until(() => holder(api) === '', 'the lock was not released');
    } finally {
      await pm2('kill');
      await rm(home, { recursive: true, force: true });
    }
  };
}

async function until(isSo: () => boolean, otherwise: string): Promise<void> {
  const started = performance.now();
  while (!isSo()) {
    if (performance.now() - started > LIMIT_MS) throw new Error(otherwise);
    await sleep(50);
  }
}
