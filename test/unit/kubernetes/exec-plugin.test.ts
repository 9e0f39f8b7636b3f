import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPlugin } from '../../../src/kubernetes/exec-plugin.js';
import { readConnectionSettings } from '../../../src/kubernetes/connection-settings.js';
import { failure } from './support/failure.js';
import { kubeConfig } from './support/kube-configs.js';

const SECRET = 'marked-secret-4711';
const cluster = { server: 'https://127.0.0.1:1' };

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'exec-plugin-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function script(text: string): string {
  const command = join(directory, 'plugin.sh');
  writeFileSync(command, `#!/bin/sh\n${text}\n`);
  chmodSync(command, 0o755);
  return command;
}

/** A plugin that hangs, together with a process of its own which does. Both write down who they are. */
function hanging(): { command: string; pids: () => Promise<number[]> } {
  const command = script('sleep 600 &\necho "$$ $!" > pids.part\nmv pids.part pids\nwait');
  const file = join(directory, 'pids');
  return {
    command,
    pids: async () => {
      const watcher = watch(directory);
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

describe('a credential plugin', () => {
  it.each<[situation: string, text: string, expected: RegExp]>([
    ['fails', `echo ${SECRET} >&2; exit 7`, /^it ended with exit code 7$/],
    ['is killed', 'kill -9 $$', /^it ended by SIGKILL$/],
    ['gives nothing to use', 'echo \'{"status":{"token":" "}}\'', /neither a token nor a client/],
    ['gives a null', 'echo null', /neither a token nor a client certificate/],
    [
      'gives a certificate without a key',
      `echo '{"status":{"clientCertificateData":"${SECRET}"}}'`,
      /a certificate without a key/,
    ],
    ['writes for ever', 'exec yes', /larger than 1 MB, so it was ended/],
  ])('that %s is told in words without a secret', async (_, text, expected) => {
    const outcome: unknown = await runPlugin({ command: script(text) }, cluster).catch(
      (error: unknown) => error,
    );

    expect(outcome).toBeInstanceOf(Error);
    expect((outcome as Error).message).toMatch(expected);
    expect((outcome as Error).message).not.toContain(SECRET);
  });

  it('that hangs is ended at its limit, with all that it has started', async () => {
    const { command, pids } = hanging();
    const spec = { command: '/bin/sh', args: ['-c', `cd "${directory}"; exec "${command}"`] };

    const outcome = expect(runPlugin(spec, cluster, 500)).rejects.toThrow(
      'it did not answer within 0.5 s and was ended',
    );
    const started = await pids();

    await outcome;
    await gone(started);
  });

  it('that gave no credentials is named with its user', async () => {
    const config = kubeConfig(cluster, { exec: { command: script('exit 1') } });

    const error = await failure(readConnectionSettings(config));

    expect(error.kind).toBe('credentials');
    expect(error.message).toMatch(
      /^the credential plugin ".*plugin\.sh" of the kubeconfig's user "test-user" gave no credentials \(it ended with exit code 1\)/,
    );
  });

  it('that hangs keeps no process alive, and ends with it', async () => {
    const { command, pids } = hanging();
    const module = new URL('../../../src/kubernetes/exec-plugin.ts', import.meta.url).href;
    const program = join(directory, 'program.ts');
    writeFileSync(
      program,
      `import { runPlugin } from ${JSON.stringify(module)};
       import { existsSync } from 'node:fs';
       runPlugin({ command: ${JSON.stringify(command)} }, ${JSON.stringify(cluster)}).catch(() => undefined);
       const look = setInterval(() => { if (existsSync('pids')) clearInterval(look); }, 5);`,
    );
    const tsx = fileURLToPath(import.meta.resolve('tsx'));
    const child = spawn(process.execPath, ['--import', tsx, program], {
      cwd: directory,
      stdio: 'inherit',
    });

    const [code] = (await once(child, 'exit')) as [number | null];

    expect(code).toBe(0);
    await gone(await pids());
  });

  it('cannot be started where no file can be opened, which ends no process', async () => {
    const module = new URL('../../../src/kubernetes/exec-plugin.ts', import.meta.url).href;
    const program = join(directory, 'program.ts');
    writeFileSync(
      program,
      `import { runPlugin } from ${JSON.stringify(module)};
         import { closeSync, openSync } from 'node:fs';
         const open = [];
         try { for (;;) open.push(openSync('/dev/null')); } catch { /* Here is the limit. */ }
         runPlugin({ command: '/bin/true' }, ${JSON.stringify(cluster)}).catch((error) => {
           open.forEach((fd) => closeSync(fd));
           console.log('failed with', error.code);
         });`,
    );
    const tsx = fileURLToPath(import.meta.resolve('tsx'));
    const command = 'ulimit -n 256 && exec "$0" --import "$1" "$2"';
    const child = spawn('sh', ['-c', command, process.execPath, tsx, program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += String(data)));

    const [code] = (await once(child, 'close')) as [number | null];

    expect(output).toBe('failed with EMFILE\n');
    expect(code).toBe(0);
  });
});
