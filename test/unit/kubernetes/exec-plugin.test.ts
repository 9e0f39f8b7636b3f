import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runPlugin } from '../../../src/kubernetes/exec-plugin.js';
import { folderOfEachTest } from './support/folder.js';

const cluster = { server: 'https://127.0.0.1:1' };
const folder = folderOfEachTest();

/** A plugin that hangs, together with a process of its own which does. Both write down who they are. */
function hanging(): { command: string; pids: () => Promise<number[]> } {
  const script = '#!/bin/sh\nsleep 600 &\necho "$$ $!" > pids.part\nmv pids.part pids\nwait\n';
  const command = folder.write('plugin.sh', script);
  const file = folder.pathOf('pids');
  return {
    command,
    pids: async () => {
      const watcher = watch(folder.path);
      while (!existsSync(file)) await once(watcher, 'change');
      watcher.close();
      return readFileSync(file, 'utf8').trim().split(' ').map(Number);
    },
  };
}

/** What has ended and was not waited for yet counts as gone. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise(setImmediate);
}

/** Runs a program that has `runPlugin`, in a shell as given; resolves with its code and its output. */
async function run(source: string, shell = 'exec'): Promise<[code: unknown, output: string]> {
  const module = new URL('../../../src/kubernetes/exec-plugin.ts', import.meta.url).href;
  const imports = `import { runPlugin } from ${JSON.stringify(module)};`;
  const program = folder.write('program.ts', `${imports}\n${source}`);
  const tsx = fileURLToPath(import.meta.resolve('tsx'));
  const child = spawn(
    'sh',
    ['-c', `${shell} "$0" --import "$1" "$2"`, process.execPath, tsx, program],
    { cwd: folder.path, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return [code, output];
}

describe('a credential plugin', () => {
  it('that hangs is ended at its limit, with all that it has started', async () => {
    const { command, pids } = hanging();
    const spec = { command: '/bin/sh', args: ['-c', `cd "${folder.path}"; exec "${command}"`] };

    const outcome = expect(runPlugin(spec, cluster, 500)).rejects.toThrow(
      'it did not answer within 0.5 s and was ended',
    );
    const started = await pids();

    await outcome;
    await gone(started);
  });

  it('that hangs keeps no process alive, and ends with it', async () => {
    const { command, pids } = hanging();
    const spec = JSON.stringify({ command });

    const [code] = await run(
      `import { existsSync } from 'node:fs';
       runPlugin(${spec}, ${JSON.stringify(cluster)}).catch(() => undefined);
       const look = setInterval(() => { if (existsSync('pids')) clearInterval(look); }, 5);`,
    );

    expect(code).toBe(0);
    await gone(await pids());
  });

  it('cannot be started where no file can be opened, which ends no process', async () => {
    const outcome = await run(
      `import { closeSync, openSync } from 'node:fs';
       const open = [];
       try { for (;;) open.push(openSync('/dev/null')); } catch { /* Here is the limit. */ }
       runPlugin({ command: '/bin/true' }, ${JSON.stringify(cluster)}).catch((error) => {
         open.forEach((fd) => closeSync(fd));
         console.log('failed with', error.code);
       });`,
      'ulimit -n 256 && exec',
    );

    expect(outcome).toEqual([0, 'failed with EMFILE\n']);
  });
});
