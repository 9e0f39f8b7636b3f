import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { ROOT } from './support/manifest.js';
import { run } from './support/run.js';

const installed = inject('installed');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

describe.each([
  { peers: 'the oldest peers', cwd: installed.oldest, source: 'types' },
  { peers: 'the newest peers', cwd: installed.newest, source: 'types' },
  { peers: 'no client-node', cwd: installed.pod, source: 'types-pod' },
])('the types, with $peers', ({ cwd, source }) => {
  it.each([
    { module: 'node16', moduleResolution: 'node16', files: [`${source}.mts`, `${source}.cts`] },
    { module: 'esnext', moduleResolution: 'bundler', files: [`${source}.ts`] },
    // XState's own declarations do not stand that.
    ...[{ exactOptionalPropertyTypes: true, skipLibCheck: true }].map((strictest) => ({
      ...{ module: 'nodenext', moduleResolution: 'nodenext', files: [`${source}.mts`] },
      ...strictest,
    })),
  ])(
    'accept a right program and refuse wrong names: $moduleResolution, $files',
    async ({ files, ...resolution }) => {
      for (const file of files) {
        if (!file.endsWith('.ts')) await copyFile(join(cwd, `${source}.ts`), join(cwd, file));
      }
      const compilerOptions = {
        ...{ target: 'es2022', lib: ['es2022'], types: ['node'], strict: true, noEmit: true },
        // The declarations of the package are checked too, and not taken as they are.
        skipLibCheck: false,
        ...resolution,
      };
      const project = join(cwd, `${resolution.moduleResolution}.json`);
      await writeFile(project, JSON.stringify({ compilerOptions, files }));
      const { code, stdout } = await run(process.execPath, [TSC, '-p', project], { cwd });
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    },
  );
});
