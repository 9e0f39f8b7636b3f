import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: unknown;
  bin: unknown;
};

/**
 * An entry is whatever package.json offers: `./dist/machine.js` is built from `src/machine.ts`, a
 * `bin` likewise. So a new entry is added there and nowhere else.
 */
function entries(offered: unknown): string[] {
  const sources = targets(offered)
    .map((target) => /^\.\/dist\/(.+?)(?:\.d)?\.c?[jt]s$/.exec(target)?.[1])
    .filter((name) => name !== undefined)
    .map((name) => `src/${name}.ts`);
  return [...new Set(sources)];
}

function targets(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(targets);
}

const common: Options = {
  target: 'node20',
  platform: 'node',
  // What is built can be read as it is: nothing is minified, and a stack trace names the functions.
  // Maps, which would have to carry the sources, were two thirds of what is installed.
  sourcemap: false,
  // What two entries share is one chunk: a LockError of one entry is a LockError of the other.
  splitting: true,
  // Rollup turns the chunks into CommonJS. Unlike tsup's own way it leaves `import()` alone, without
  // which the CommonJS build could not load client-node, an ES module, on every Node 20.
  treeshake: true,
};

const library = entries(manifest.exports);

export default defineConfig([
  {
    ...common,
    // The command line shares the chunks of the library. Nobody imports it, nor needs its types.
    entry: [...library, ...entries(manifest.bin)],
    format: 'esm',
    dts: { entry: library },
  },
  { ...common, entry: library, format: 'cjs', dts: { entry: library } },
]);
