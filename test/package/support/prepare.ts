import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Bench, inTool, makeBench, removeBench } from '../matrix/bench.js';
import { CELLS } from '../matrix/cells.js';
import { CLIENT_NODES, type NodeMajor } from '../matrix/versions.js';
import { ROOT, manifest, readManifest } from './manifest.js';
import { packInto, type Packed } from './pack.js';
import { runWell } from './run.js';

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
    nodes: Record<NodeMajor, string>;
    /** For the cells of the matrix that are cheap. */
    bench: Bench;
  }
}

/** Packs what `npm run build` has made and installs it outside the work tree. */
export default async function prepare({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'package-tests-'));
  let bench: Bench | null = null;
  const cleanUp = async () => {
    await rm(directory, { recursive: true, force: true });
    if (bench !== null) await removeBench(bench);
  };
  try {
    const packed = await packInto(directory);
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
        ...[`@kubernetes/client-node@${CLIENT_NODES[2]}`, ...types, ...latest],
      ]),
    });
    bench = await makeBench(
      CELLS.filter(({ cheap }) => cheap),
      tarball,
    );
    provide('bench', bench);
    const [node20, node22, node24, node26] = ([20, 22, 24, 26] as const).map((major) =>
      inTool(bench!, `node-${major}`, '.bin/node'),
    );
    provide('nodes', { 20: node20!, 22: node22!, 24: node24!, 26: node26! });
  } catch (error) {
    await cleanUp();
    throw error;
  }
  return cleanUp;
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
