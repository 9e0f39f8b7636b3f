import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { cached } from '../../support/cached.js';
import { readManifest, ROOT } from '../support/manifest.js';
import { runWell } from '../support/run.js';
import type { Cell, Project } from './cells.js';
import { TOOLS, type Tool } from './tools.js';
import { CLIENT_NODES } from './versions.js';

/** What cells are run with: plain data, which a test is handed by the process that prepares. */
export interface Bench {
  /** A directory for what cells make. */
  readonly directory: string;
  /** Directories in which the package is installed. */
  readonly projects: Partial<Readonly<Record<Project, string>>>;
  /** Directories in which tools are installed, in the user's cache. */
  readonly tools: Partial<Readonly<Record<Tool, string>>>;
  /** Why a project or a tool could not be had. */
  readonly missing: Readonly<Record<string, string>>;
}

const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));
const NAMES = ['election', 'worker-thread', 'overrun', 'cluster', 'service'];

/** Installs what these cells need: tools into the cache, and this tarball into new directories. */
export async function makeBench(cells: readonly Cell[], tarball: string): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'matrix-'));
  const bench = { directory, projects: {}, tools: {}, missing: {} } as {
    directory: string;
    projects: Partial<Record<Project, string>>;
    tools: Partial<Record<Tool, string>>;
    missing: Record<string, string>;
  };
  const attempt = async (what: string, make: () => Promise<void>): Promise<void> => {
    try {
      await make();
    } catch (error) {
      bench.missing[what] = String(error).split('\n').slice(0, 3).join(' ');
    }
  };
  for (const tool of new Set(cells.flatMap(({ tools }) => tools))) {
    await attempt(tool, async () => {
      bench.tools[tool] = await installTool(tool);
    });
  }
  for (const project of new Set(cells.map(({ project }) => project))) {
    await attempt(project, async () => {
      bench.projects[project] = await installProject(project, { bench, tarball });
    });
  }
  return bench;
}

export async function removeBench({ directory }: Bench): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** Why a cell cannot be run on this machine; undefined where it can. */
export function whyNot({ tools, project }: Cell, { missing }: Bench): string | undefined {
  const lacking = [...tools, project].find((what) => what in missing);
  return lacking === undefined ? undefined : `no ${lacking}: ${missing[lacking]}`;
}

function installTool(tool: Tool): Promise<string> {
  const packages = TOOLS[tool];
  return cached({
    name: `tool-${tool}`,
    sources: [],
    version: packages.join(' '),
    inPlace: true,
    make: async (path) => {
      await mkdir(path, { recursive: true });
      await npmInstall(path, packages);
      await writeFile(join(path, 'complete'), '');
    },
  });
}

async function npmInstall(directory: string, packages: readonly string[]): Promise<void> {
  await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages];
  await runWell('npm', args, { cwd: directory });
}

async function installProject(
  project: Project,
  { bench, tarball }: { bench: Bench; tarball: string },
): Promise<string> {
  const directory = join(bench.directory, project);
  await mkdir(directory);
  await cp(`${ROOT}test/package/consumers/bundle.mjs`, join(directory, 'bundle.mjs'));
  await writePrograms(directory);
  const version = (name: string) =>
    `${name}@${readManifest(`${ROOT}node_modules/${name}/package.json`).version}`;
  const clientNode = (which: keyof typeof CLIENT_NODES) =>
    `@kubernetes/client-node@${CLIENT_NODES[which]}`;
  const usual = [tarball, version('xstate')];
  // The declarations of client-node need those of ws, which it does not bring along.
  const types = [version('@types/node'), version('@types/ws')];
  if (project === 'none') await npmInstall(directory, [...usual, ...types]);
  else if (project === 'pnpm' || project === 'yarn') {
    await otherInstall(project, { bench, directory, packages: [...usual, clientNode('1.4')] });
  } else await npmInstall(directory, [...usual, clientNode(project), ...types]);
  return directory;
}

/** By another package manager, with a manifest that already names what it installs. */
async function otherInstall(
  manager: 'pnpm' | 'yarn',
  at: { bench: Bench; directory: string; packages: readonly string[] },
): Promise<void> {
  const { bench, directory, packages } = at;
  const names = packages.map((text) => {
    if (text.endsWith('.tgz')) return ['k8s-leader-election', `file:${text}`];
    const mark = text.lastIndexOf('@');
    return [text.slice(0, mark), text.slice(mark + 1)];
  });
  const dependencies: unknown = Object.fromEntries(names);
  const manifest = JSON.stringify({ name: 'consumer', private: true, dependencies });
  await writeFile(join(directory, 'package.json'), manifest);
  const modules = join(bench.tools[manager] ?? '', 'node_modules');
  if (manager === 'pnpm') {
    await runWell('node', [join(modules, 'pnpm/bin/pnpm.mjs'), 'install'], { cwd: directory });
    return;
  }
  await writeFile(join(directory, '.yarnrc.yml'), await yarnSettings());
  await writeFile(join(directory, 'yarn.lock'), '');
  const yarn = join(modules, '@yarnpkg/cli-dist/bin/yarn.js');
  const env = { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
  await runWell('node', [yarn, 'install'], { cwd: directory, env });
}

/** Yarn reads no settings of npm's: the registry that npm asks, and the authorities it trusts. */
async function yarnSettings(): Promise<string> {
  const setting = async (name: string): Promise<string> => {
    const value = (await runWell('npm', ['config', 'get', name], { cwd: tmpdir() })).trim();
    return value === 'null' || value === 'undefined' ? '' : value;
  };
  const [registry, cafile] = [await setting('registry'), await setting('cafile')];
  return [
    'nodeLinker: pnp',
    'enableTelemetry: false',
    'enableGlobalCache: true',
    `npmRegistryServer: ${JSON.stringify(registry.replace(/\/$/, ''))}`,
    ...(cafile === '' ? [] : [`httpsCaFilePath: ${JSON.stringify(cafile)}`]),
    '',
  ].join('\n');
}

/** Each program as TypeScript, as an ES module and as CommonJS. */
async function writePrograms(directory: string): Promise<void> {
  for (const name of NAMES) {
    const source = join(PROGRAMS, `${name}.ts`);
    await cp(source, join(directory, `${name}.ts`));
    const text = await readFile(source, 'utf8');
    for (const [format, extension] of [
      ['esm', 'mjs'],
      ['cjs', 'cjs'],
    ] as const) {
      const { code } = await transform(text, { loader: 'ts', format, target: 'node20' });
      await writeFile(join(directory, `${name}.${extension}`), code);
    }
  }
}

/** The path of something in a tool's directory. */
export function inTool({ tools }: Bench, tool: Tool, path: string): string {
  const directory = tools[tool];
  if (directory === undefined) throw new Error(`${tool} is not on the bench.`);
  return join(directory, 'node_modules', path);
}

/** A new directory of this name, in which no package is to be found. */
export async function emptyDirectory({ directory }: Bench, name: string): Promise<string> {
  const path = join(directory, 'made', name.replaceAll(/[^\w.]+/g, '-'));
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { recursive: true, force: true });
  await mkdir(path);
  return path;
}
