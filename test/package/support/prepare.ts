import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ROOT, manifest, readManifest } from './manifest.js';
import { runWell } from './run.js';

/** The newest releases that the package has been tried with. Raise them by hand, on purpose. */
const CLIENT_NODE_2 = '2.0.1';
const NODE_VERSIONS = { 20: '20.20.0', 22: '22.23.3', 24: '24.21.0', 26: '26.9.0' } as const;

/** The tarball, as `npm pack --json` tells of it. */
export interface Packed {
  readonly filename: string;
  /** Bytes, packed and unpacked. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Directories in which users of different habits have installed the tarball. */
export interface Installed {
  /** By the line that the README has for a pod: without client-node. */
  readonly pod: string;
  /** By the line that the README has for kubeconfigs. */
  readonly readme: string;
  /** With the oldest peers that package.json allows. */
  readonly oldest: string;
  /** With the newest peers. */
  readonly newest: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    packed: Packed;
    installed: Installed;
    /** Absolute paths of Node programs, by their major version. */
    nodes: Record<keyof typeof NODE_VERSIONS, string>;
  }
}

/** Packs what `npm run build` has made and installs it outside the work tree. */
export default async function prepare({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'package-tests-'));
  const cleanUp = () => rm(directory, { recursive: true, force: true });
  try {
    const packed = await pack(directory);
    provide('packed', packed);
    const tarball = join(directory, packed.filename);
    // The declarations of client-node need those of ws, which it does not bring along.
    const nodeTypes = `@types/node@${installedVersion('@types/node')}`;
    const types = [nodeTypes, '@types/ws@8'];
    const metrics = ['prom-client', '@opentelemetry/api'];
    const latest = metrics.map((name) => `${name}@${installedVersion(name)}`);
    const [podLine = [], kubeConfigLine = []] = await readmeLines(tarball);
    const [oldXstate, oldClientNode] = [lowest('xstate'), lowest('@kubernetes/client-node')];
    provide('installed', {
      pod: await install(join(directory, 'pod'), [...podLine, nodeTypes]),
      readme: await install(join(directory, 'readme'), [...kubeConfigLine, ...types, ...latest]),
      oldest: await install(join(directory, 'oldest'), [
        ...[tarball, `xstate@${oldXstate}`, `@kubernetes/client-node@${oldClientNode}`],
        ...metrics.map((name) => `${name}@${lowest(name)}`),
        ...types,
      ]),
      newest: await install(join(directory, 'newest'), [
        ...[tarball, `xstate@${installedVersion('xstate')}`],
        ...[`@kubernetes/client-node@${CLIENT_NODE_2}`, ...types, ...latest],
      ]),
    });
    provide('nodes', {
      20: await nodeProgram(20, directory),
      22: await nodeProgram(22, directory),
      24: await nodeProgram(24, directory),
      26: await nodeProgram(26, directory),
    });
  } catch (error) {
    await cleanUp();
    throw error;
  }
  return cleanUp;
}

async function pack(directory: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const [packed] = JSON.parse(await runWell('npm', args, { cwd: ROOT })) as Packed[];
  if (packed === undefined) throw new Error('npm pack has packed nothing.');
  return packed;
}

async function install(directory: string, packages: readonly string[]): Promise<string> {
  await cp(`${ROOT}test/package/consumers`, directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages];
  await runWell('npm', args, { cwd: directory });
  return directory;
}

/** What the README tells to install, line by line, with the tarball in place of the published one. */
async function readmeLines(tarball: string): Promise<string[][]> {
  const readme = await readFile(`${ROOT}README.md`, 'utf8');
  const lines = readme
    .split('\n')
    .filter((text) => text.startsWith(`npm install ${manifest.name} `));
  if (lines.length !== 2)
    throw new Error('README.md has not the two lines that install the package.');
  return lines.map((line) => [tarball, ...line.trim().split(/\s+/).slice(3)]);
}

/** The lowest version of the peer's range, such as 1.4.0 for `^1.4.0 || ^2.0.0`. */
function lowest(peer: string): string {
  const version = /\d+\.\d+\.\d+/.exec(manifest.peerDependencies[peer] ?? '')?.[0];
  if (version === undefined) throw new Error(`peerDependencies: no version for ${peer}.`);
  return version;
}

function installedVersion(name: string): string {
  return readManifest(`${ROOT}node_modules/${name}/package.json`).version;
}

/** Node of this major version: the one that runs already, or the one that is a package of npm's. */
async function nodeProgram(major: keyof typeof NODE_VERSIONS, directory: string): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const prefix = join(directory, `node-${major}`);
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--prefix', prefix];
  await runWell('npm', [...args, `node@${NODE_VERSIONS[major]}`], { cwd: directory });
  return join(prefix, 'node_modules', '.bin', 'node');
}
