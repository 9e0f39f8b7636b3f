import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

const built = new Map<string, Promise<string>>();

/**
 * One file of JavaScript that does what this TypeScript program does, and starts in a third of the
 * time. It is built once in a process; files of the same contents are one.
 */
export function builtProgram(source: string): Promise<string> {
  const program = built.get(source) ?? bundle(source);
  built.set(source, program);
  return program;
}

async function bundle(source: string): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  const outDir = mkdtempSync(join(CACHE, 'program-'));
  try {
    await build({
      config: false,
      entry: [source],
      outDir,
      format: ['esm'],
      outExtension: () => ({ js: '.mjs' }),
      target: 'node20',
      platform: 'node',
      splitting: false,
      clean: false,
      dts: false,
      silent: true,
    });
    const name = basename(source).replace(/\.ts$/, '');
    const file = join(outDir, `${name}.mjs`);
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
    // It takes the place of one that is there already, whole.
    const place = join(CACHE, `${name}-${hash}.mjs`);
    renameSync(file, place);
    return place;
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}
