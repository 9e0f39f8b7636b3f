import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { ROOT } from './support/manifest.js';
import { run } from './support/run.js';

const installed = inject('installed');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

describe.each([
  { peers: 'the oldest peers', cwd: installed.oldest },
  { peers: 'the newest peers', cwd: installed.newest },
])('the types, with $peers', ({ cwd }) => {
  it.each([
    { module: 'node16', moduleResolution: 'node16', files: ['types.mts', 'types.cts'] },
    { module: 'esnext', moduleResolution: 'bundler', files: ['types.ts'] },
  ])(
    'accept a right program and refuse wrong names: $moduleResolution, $files',
    async ({ files, ...resolution }) => {
      for (const file of files) {
        if (file !== 'types.ts') await copyFile(join(cwd, 'types.ts'), join(cwd, file));
      }
      const compilerOptions = {
        ...resolution,
        ...{ target: 'es2022', lib: ['es2022'], types: ['node'], strict: true, noEmit: true },
        // The declarations of the package are checked too, and not taken as they are.
        skipLibCheck: false,
      };
      const project = join(cwd, `${resolution.moduleResolution}.json`);
      await writeFile(project, JSON.stringify({ compilerOptions, files }));
      const { code, stdout } = await run(process.execPath, [TSC, '-p', project], { cwd });
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    },
  );
});
