import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { codeBlocks } from '../docs/support/markdown.js';
import { podCommand, podEnvironment, whyNoPods } from '../support/pod.js';
import { startPodApiServer } from './support/pod-api-server.js';

const { pod: installed } = inject('installed');
const nodes = inject('nodes');
const LEASE = { resource: 'leases', namespace: 'production', name: 'data-processor' } as const;

/** Kilobytes, with XState in it; not minified, and minified. */
const BUDGET = { plain: 620, minified: 275 };

// A folder of its own, in which no package is to be found: whatever is needed is in the bundle.
const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function bundle(format: 'esm' | 'cjs', minify = false): Promise<string> {
  const example = codeBlocks('README.md').find(({ info }) => info === 'ts');
  if (example === undefined) throw new Error('README.md has no example.');
  const entry = join(installed, `example-${format}.mjs`);
  // A module may await at its top, a script may not.
  const code = format === 'esm' ? example.code : asFunction(example.code);
  writeFileSync(entry, code);
  const outfile = join(directory, `app${minify ? '.min' : ''}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  const { warnings } = await build({
    ...{ entryPoints: [entry], bundle: true, format, platform: 'node', target: 'node20' },
    ...{ minify, outfile, logLevel: 'silent' },
  });
  expect(warnings.filter(({ id }) => id !== 'empty-import-meta')).toEqual([]);
  return outfile;
}

function asFunction(code: string): string {
  const [imports = '', ...rest] = code.split('\n\n');
  return `${imports}\nvoid (async () => {\n${rest.join('\n\n')}\n})();\n`;
}

describe.each(['esm', 'cjs'] as const)(
  'the first example of the README, bundled as %s',
  (format) => {
    it('needs neither a banner nor client-node, and is small', async () => {
      const [plain, minified] = [await bundle(format), await bundle(format, true)];
      const sizes = [plain, minified].map((file) => Math.round(statSync(file).size / 1000));
      console.log(`${format} bundle: ${sizes[0]} kB, minified ${sizes[1]} kB`);
      expect(sizes[0]).toBeLessThan(BUDGET.plain);
      expect(sizes[1]).toBeLessThan(BUDGET.minified);
      expect(readFileSync(plain, 'utf8')).not.toContain('class KubeConfig');
    });

    it.each([20, 22, 24, 26] as const)('leads and lets go in a pod, on Node %i', async (major) => {
      expect(whyNoPods()).toBeUndefined();
      await using api = await startPodApiServer();
      const file = await bundle(format);
      const [command = '', ...args] = podCommand(api.pod);
      const child = spawn(command, [...args, nodes[major], file], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...podEnvironment(api.pod) },
      });
      let errors = '';
      child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
      const ended = once(child, 'exit');
      const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
      const outcome = await Promise.race([once(child.stdout, 'data'), ended]);
      clearTimeout(limit);
      expect(errors).toBe('');
      expect(String(outcome[0])).toMatch(/^process \d+ works\n$/);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(api.server.store.get(LEASE)).toMatchObject({ spec: { holderIdentity: '' } });
    });
  },
);
