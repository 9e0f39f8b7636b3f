import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodApiServer } from '../support/pod-api-server.js';
import { runWell } from '../support/run.js';
import { emptyDirectory, inTool, type Bench } from './bench.js';
import { launch, mustHaveElected, type Place, type Ran } from './launch.js';
import { VERSIONS, type NodeMajor, type TypeScript } from './versions.js';

export interface Trial {
  readonly bench: Bench;
  readonly api: PodApiServer;
  /** The directory in which the package is installed. */
  readonly project: string;
  readonly place: Place;
  /** A name for a directory. */
  readonly title: string;
}

/** Tries a cell; rejects where it does not come to what it ought to. */
export type Way = (trial: Trial) => Promise<void>;

const nodeOf = (bench: Bench, major: NodeMajor): string =>
  inTool(bench, `node-${major}`, '.bin/node');

export function onNode(major: NodeMajor, file: string): Way {
  return async ({ bench, api, project, place }) => {
    const program = [nodeOf(bench, major), file];
    mustHaveElected(await launch(program, { api, place, cwd: project }), api);
  };
}

/** Client-node 2 cannot be loaded there: it is said what to install. */
export function refusedOnNode(major: NodeMajor, file: string): Way {
  return async ({ bench, api, project }) => {
    const how = { api, place: 'kubeconfig', cwd: project } as const;
    const { code, stderr } = await launch([nodeOf(bench, major), file], how);
    const advice = 'run `npm install @kubernetes/client-node@^1.4.0`';
    if (code === 1 && stderr.includes(advice)) return;
    throw new Error(`ended with ${code} and without the advice:\n${stderr.slice(0, 2000)}`);
  };
}

export function onOther(runtime: 'bun' | 'deno', file: string): Way {
  return async ({ bench, api, project, place, title }) => {
    const program = inTool(bench, runtime, `.bin/${runtime}`);
    // Deno keeps what it has compiled by the paths of files, whose contents are others each time.
    const env = { DENO_DIR: await emptyDirectory(bench, title), DENO_NO_UPDATE_CHECK: '1' };
    const args = runtime === 'deno' ? ['run', '--allow-all', file] : [file];
    mustHaveElected(await launch([program, ...args], { api, place, cwd: project, env }), api);
  };
}

/** A way in which the compiler finds modules, and what is compiled in it. */
export interface Resolution {
  readonly name: 'node16' | 'nodenext' | 'bundler' | 'node10';
  readonly module: string;
  /** How the copies of the program are called for that; each is run. */
  readonly files: readonly string[];
  /** The last version of the compiler that knows it. */
  readonly until: number;
}

export const RESOLUTIONS: readonly Resolution[] = [
  { name: 'node16', module: 'node16', files: ['app.mts', 'app.cts'], until: Infinity },
  { name: 'nodenext', module: 'nodenext', files: ['app.mts', 'app.cts'], until: Infinity },
  { name: 'bundler', module: 'esnext', files: ['app.mts'], until: Infinity },
  { name: 'node10', module: 'commonjs', files: ['app.ts'], until: 6 },
];

/** Compiled by this version with all checks, those of declarations included; then it is run. */
export function compiled(version: TypeScript, resolution: Resolution): Way {
  return async ({ bench, api, project, place }) => {
    const { name, module, files } = resolution;
    const directory = join(project, `compiled-${version}-${name}`);
    const source = await readFile(join(project, 'election.ts'));
    await mkdir(directory, { recursive: true });
    for (const file of files) await writeFile(join(directory, file), source);
    // Every entry is found, not just the first.
    await writeFile(join(directory, `entries${files[0]!.slice('app'.length)}`), ENTRIES);
    const compilerOptions = {
      ...{ module, moduleResolution: name, outDir: 'out', strict: true, skipLibCheck: false },
      ...{ target: 'es2022', lib: ['es2022'], types: ['node'] },
      ...(version === '6.0' && name === 'node10' ? { ignoreDeprecations: '6.0' } : {}),
      rootDir: '.',
    };
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const tsc = inTool(bench, `typescript-${version}`, 'typescript/bin/tsc');
    await runWell(nodeOf(bench, 20), [tsc, '-p', directory], { cwd: directory });
    for (const file of files) {
      const made = join(directory, 'out', file.replace(/ts$/, 'js'));
      const ran = await launch([nodeOf(bench, 20), made], { api, place, cwd: project });
      mustHaveElected(ran, api);
    }
  };
}

const ENTRIES = `
import type { LeaderElectionMachine } from 'k8s-leader-election/machine';
import type { EmbeddedApiServer } from 'k8s-leader-election/testing';
import type { Inspector } from 'k8s-leader-election/inspect';
export type Found = [LeaderElectionMachine['id'], EmbeddedApiServer['url'], keyof Inspector];
`;

type Bundler = 'esbuild' | 'webpack' | 'rollup' | 'vite' | 'ncc';

export const BUNDLERS = [
  { bundler: 'esbuild', title: 'esbuild', format: 'ESM', version: VERSIONS.esbuild },
  { bundler: 'esbuild', title: 'esbuild', format: 'CommonJS', version: VERSIONS.esbuild },
  { bundler: 'webpack', title: 'webpack', format: 'ESM', version: VERSIONS.webpack },
  { bundler: 'webpack', title: 'webpack', format: 'CommonJS', version: VERSIONS.webpack },
  { bundler: 'rollup', title: 'rollup', format: 'ESM', version: VERSIONS.rollup },
  { bundler: 'rollup', title: 'rollup', format: 'CommonJS', version: VERSIONS.rollup },
  { bundler: 'vite', title: 'vite, SSR', format: 'ESM', version: VERSIONS.vite },
  { bundler: 'ncc', title: 'ncc', format: 'ESM', version: VERSIONS['@vercel/ncc'] },
  { bundler: 'ncc', title: 'ncc', format: 'CommonJS', version: VERSIONS['@vercel/ncc'] },
] as const;

/** Bundled, and run where no package is to be found. */
export function bundled(bundler: Bundler, format: 'ESM' | 'CommonJS'): Way {
  return async (trial) => {
    const style = format === 'ESM' ? 'esm' : 'cjs';
    const { program, out } = await bundle(trial, bundler, style);
    const { api, place } = trial;
    mustHaveElected(await launch(program, { api, place, cwd: out }), api);
  };
}

/** By esbuild, to ESM without a banner: the client is left out, and is installed where it is run. */
export const bundledWithoutClient: Way = async (trial) => {
  const { api, place, project } = trial;
  const { program, out } = await bundle(trial, 'esbuild', 'esm external');
  await symlink(join(project, 'node_modules'), join(out, 'node_modules'));
  mustHaveElected(await launch(program, { api, place, cwd: out }), api);
};

/** The same with the client in it, which brings CommonJS along: it is said what to do. */
export const refusedInBundle: Way = async (trial) => {
  const { api, place } = trial;
  const { program, out } = await bundle(trial, 'esbuild', 'esm');
  const { code, stderr } = await launch(program, { api, place, cwd: out });
  const advice = "let it leave the client out (external: ['@kubernetes/client-node'])";
  if (code === 1 && stderr.includes(advice)) return;
  throw new Error(`ended with ${code} and without the advice:\n${stderr.slice(0, 2000)}`);
};

async function bundle(
  { bench, project, title }: Trial,
  bundler: Bundler,
  style: 'esm' | 'cjs' | 'esm external',
): Promise<{ program: string[]; out: string }> {
  const extension = style === 'cjs' ? 'cjs' : 'mjs';
  const out = await emptyDirectory(bench, title);
  const entry = join(project, `election.${extension}`);
  const args = [join(project, 'bundle.mjs'), `${bundler} ${style}`];
  const tool = bench.tools[bundler] ?? '';
  await runWell(process.execPath, [...args, tool, entry, out], { cwd: project });
  return { program: [nodeOf(bench, 20), join(out, `app.${extension}`)], out };
}

export function plugAndPlay(file: string): Way {
  return async ({ bench, api, project, place }) => {
    const hooks = ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs'];
    const env = { NODE_NO_WARNINGS: '1' };
    const program = [nodeOf(bench, 24), ...hooks, file];
    mustHaveElected(await launch(program, { api, place, cwd: project, env }), api);
  };
}

export const overrunInWorker: Way = async ({ bench, api, project, place }) => {
  const program = [nodeOf(bench, 24), 'overrun.mjs'];
  const ran: Ran = await launch(program, { api, place, cwd: project });
  const { signal, code, stdout, stderr, lingeredMs } = ran;
  const isRight = signal === 'SIGKILL' && stdout === 'leads\n' && lingeredMs < 20_000;
  // What a worker writes goes through the main thread: its last words may be lost with the process.
  if (isRight && stderr.includes('Lost the leadership')) return;
  throw new Error(`ended with ${code ?? signal}:\n${stdout}${stderr}`);
};
