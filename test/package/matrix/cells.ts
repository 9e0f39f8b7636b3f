import * as ways from './ways.js';
import { underPm2 } from './under-pm2.js';
import type { Way } from './ways.js';
import type { Tool } from './tools.js';
import { NODES, TYPESCRIPTS, VERSIONS, type NodeMajor, type TypeScript } from './versions.js';

/** A directory in which the package is installed: by npm without or with client-node, or otherwise. */
export type Project = 'none' | '1.4' | '2' | 'pnpm' | 'yarn';

/** One combination that the package is tried in. What it ought to come to is part of it. */
export interface Cell {
  readonly group: 'Runtimes' | 'TypeScript' | 'Bundlers' | 'Package managers' | 'Processes';
  /** Such as `Node 20`. */
  readonly what: string;
  /** The exact version of it. */
  readonly version: string;
  /** Such as `client-node 1.4, ESM`. */
  readonly how: string;
  /** What is to be seen, in words for the documentation. */
  readonly result: string;
  /** It is part of the check of each change. */
  readonly cheap: boolean;
  readonly tools: readonly Tool[];
  readonly project: Project;
  readonly run: Way;
}

const WORKS = 'works';
const majors: readonly NodeMajor[] = [20, 22, 24, 26];
const projects = ['none', '1.4', '2'] as const;
const formats = [
  { format: 'ESM', file: 'election.mjs' },
  { format: 'CommonJS', file: 'election.cjs' },
] as const;

const withClient = (project: (typeof projects)[number]): string =>
  project === 'none' ? 'in a pod, without client-node' : `client-node ${project}`;

function nodeCells(): Cell[] {
  return majors.flatMap((major) =>
    projects.flatMap((project) =>
      formats.map(({ format, file }): Cell => {
        const tooOld = major === 20 && project === '2';
        return {
          ...{ group: 'Runtimes', what: `Node ${major}`, version: NODES[major], project },
          how: `${withClient(project)}, ${format}`,
          result: tooOld ? 'says which client-node to install' : WORKS,
          cheap: true,
          tools: [`node-${major}`],
          run: tooOld ? ways.refusedOnNode(major, file) : ways.onNode(major, file),
        };
      }),
    ),
  );
}

function otherRuntimes(): Cell[] {
  return (['bun', 'deno'] as const).flatMap((runtime) =>
    projects.flatMap((project) =>
      formats.map(({ format, file }): Cell => ({
        group: 'Runtimes',
        ...{ what: runtime === 'bun' ? 'Bun' : 'Deno', version: VERSIONS[runtime], project },
        ...{ how: `${withClient(project)}, ${format}`, result: WORKS, cheap: true },
        ...{ tools: [runtime], run: ways.onOther(runtime, file) },
      })),
    ),
  );
}

function typeScriptCells(): Cell[] {
  return (Object.keys(TYPESCRIPTS) as TypeScript[]).flatMap((version) =>
    ways.RESOLUTIONS.filter(({ until }) => Number(version) <= until).map((resolution): Cell => ({
      group: 'TypeScript',
      ...{ what: `TypeScript ${version}`, version: TYPESCRIPTS[version] },
      ...{ how: resolution.name, result: WORKS, project: '1.4' },
      // The newest, which is the fastest by far, and the oldest way of the oldest.
      cheap: version === '7.0' || (version === '5.4' && resolution.name === 'node10'),
      tools: [`typescript-${version}`, 'node-20'],
      run: ways.compiled(version, resolution),
    })),
  );
}

function bundlerCells(): Cell[] {
  const cells = ways.BUNDLERS.flatMap(({ bundler, title, format, version }) =>
    (['none', '1.4'] as const).map((project): Cell => {
      const refused = bundler === 'esbuild' && format === 'ESM' && project === '1.4';
      return {
        group: 'Bundlers',
        ...{ what: title, version, project },
        how: `${format}, ${project === 'none' ? 'for a pod' : 'client-node in the bundle'}`,
        result: refused ? 'says to leave client-node out of the bundle' : WORKS,
        cheap: bundler === 'esbuild',
        tools: [bundler, 'node-20'],
        run: refused ? ways.refusedInBundle : ways.bundled(bundler, format),
      };
    }),
  );
  const external: Cell = {
    group: 'Bundlers',
    ...{ what: 'esbuild', version: VERSIONS.esbuild, project: '1.4', result: WORKS, cheap: true },
    ...{ how: 'ESM, client-node external', tools: ['esbuild', 'node-20'] },
    run: ways.bundledWithoutClient,
  };
  return [...cells, external];
}

function packageManagerCells(): Cell[] {
  const managers = [
    { project: 'pnpm', what: 'pnpm', version: VERSIONS.pnpm },
    { project: 'yarn', what: "yarn, Plug'n'Play", version: VERSIONS['@yarnpkg/cli-dist'] },
  ] as const;
  return managers.flatMap(({ project, what, version }) =>
    formats.map(({ format, file }) => ({
      group: 'Package managers' as const,
      ...{ what, version, project, how: `client-node 1.4, ${format}`, result: WORKS, cheap: false },
      tools: [project, 'node-24' as const],
      run: project === 'yarn' ? ways.plugAndPlay(file) : ways.onNode(24, file),
    })),
  );
}

function processCells(): Cell[] {
  const usual = { group: 'Processes', version: NODES[24], project: '1.4', result: WORKS } as const;
  const node = ['node-24'] as const;
  return [
    {
      ...{ ...usual, what: 'Worker threads', how: 'the election in a worker', cheap: true },
      ...{ tools: node, run: ways.onNode(24, 'worker-thread.mjs') },
    },
    {
      ...{ ...usual, what: 'Worker threads', how: "`overrun: 'exit'` in a worker", cheap: true },
      ...{ result: 'ends the process, by SIGKILL', tools: node, run: ways.overrunInWorker },
    },
    {
      ...{ ...usual, what: '`node:cluster`', how: 'two workers, one lock', cheap: true },
      ...{ tools: node, run: ways.onNode(24, 'cluster.cjs') },
    },
    ...(['fork', 'cluster'] as const).map((mode): Cell => ({
      ...{ ...usual, what: 'pm2', version: VERSIONS.pm2, how: `${mode} mode`, cheap: false },
      ...{ result: '`pm2 stop` releases the lock', tools: [...node, 'pm2'] },
      run: underPm2(mode),
    })),
  ];
}

/** All of them. `npm run matrix` runs each. */
export const CELLS: readonly Cell[] = [
  ...nodeCells(),
  ...otherRuntimes(),
  ...typeScriptCells(),
  ...bundlerCells(),
  ...packageManagerCells(),
  ...processCells(),
];

export function titleOf({ what, how }: Cell): string {
  return `${what}: ${how}`;
}
