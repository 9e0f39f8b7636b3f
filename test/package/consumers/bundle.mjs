// Bundles a program: node bundle.mjs BUNDLER DIRECTORY-OF-THE-BUNDLER ENTRY OUTPUT-DIRECTORY. What
// comes of it is app.mjs or app.cjs. Each bundler is told no more than users tell it for Node.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [bundler, tool, entry, out] = process.argv.slice(2);
const need = createRequire(join(tool, 'package.json'));
const load = (name) => import(pathToFileURL(need.resolve(name)));

const BUNDLERS = {
  'esbuild esm': () => esbuild('esm', 'app.mjs'),
  'esbuild cjs': () => esbuild('cjs', 'app.cjs'),
  'esbuild esm external': () => esbuild('esm', 'app.mjs', ['@kubernetes/client-node']),
  'webpack esm': () =>
    webpack({
      experiments: { outputModule: true },
      output: { path: out, filename: 'app.mjs', module: true, chunkFormat: 'module' },
    }),
  'webpack cjs': () => webpack({ output: { path: out, filename: 'app.cjs' } }),
  'rollup esm': () => rollup('es', 'app.mjs'),
  'rollup cjs': () => rollup('cjs', 'app.cjs'),
  'vite esm': vite,
  'ncc esm': () => ncc('app.mjs'),
  'ncc cjs': () => ncc('app.cjs'),
};

await BUNDLERS[bundler]();

async function esbuild(format, name, external = []) {
  const { build } = need('esbuild');
  await build({
    ...{ entryPoints: [entry], bundle: true, format, platform: 'node', target: 'node20' },
    ...{ outfile: join(out, name), logLevel: 'error', external },
  });
}

async function webpack(config) {
  // It minifies by itself, which takes a minute.
  const optimization = { minimize: false };
  const compiler = need('webpack')({
    mode: 'production',
    target: 'node20',
    entry,
    optimization,
    ...config,
  });
  await new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error ?? stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
      else resolve();
    });
  });
}

async function rollup(format, entryFileNames) {
  const { rollup } = await load('rollup');
  const { default: resolve } = await load('@rollup/plugin-node-resolve');
  const { default: commonjs } = await load('@rollup/plugin-commonjs');
  const { default: json } = await load('@rollup/plugin-json');
  const plugins = [resolve({ preferBuiltins: true }), commonjs(), json()];
  const bundle = await rollup({ input: entry, plugins, onLog: () => undefined });
  // A name for each chunk that is of the format as well.
  const chunkFileNames = `[name]-[hash].${format === 'es' ? 'mjs' : 'cjs'}`;
  await bundle.write({ dir: out, format, entryFileNames, chunkFileNames });
}

async function vite() {
  const { build } = await load('vite');
  await build({
    ...{ root: dirname(entry), configFile: false, logLevel: 'error' },
    ssr: { noExternal: true },
    build: {
      ...{ ssr: entry, outDir: out, target: 'node20' },
      rollupOptions: { output: { entryFileNames: 'app.mjs' } },
    },
  });
}

async function ncc(name) {
  const { code, assets } = await need('@vercel/ncc')(entry, { quiet: true, cache: false });
  writeFileSync(join(out, name), code);
  for (const [path, { source }] of Object.entries(assets)) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), source);
  }
}
