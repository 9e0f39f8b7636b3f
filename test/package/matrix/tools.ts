import { NODES, pinned, TYPESCRIPTS, type NodeMajor, type TypeScript } from './versions.js';

/** What is installed together, from npm, by the name of the tool. */
const OTHERS = {
  bun: pinned('bun'),
  deno: pinned('deno'),
  esbuild: pinned('esbuild'),
  webpack: pinned('webpack'),
  rollup: pinned(
    'rollup',
    '@rollup/plugin-node-resolve',
    '@rollup/plugin-commonjs',
    '@rollup/plugin-json',
  ),
  vite: pinned('vite'),
  ncc: pinned('@vercel/ncc'),
  pnpm: pinned('pnpm'),
  yarn: pinned('@yarnpkg/cli-dist'),
  pm2: pinned('pm2'),
} as const;

export type Tool = `node-${NodeMajor}` | `typescript-${TypeScript}` | keyof typeof OTHERS;

export const TOOLS: Readonly<Record<Tool, readonly string[]>> = {
  ...OTHERS,
  ...named('node', NODES),
  ...named('typescript', TYPESCRIPTS),
};

function named<Name extends string, Version extends string | number>(
  name: Name,
  versions: Readonly<Record<Version, string>>,
): Record<`${Name}-${Version}`, readonly string[]> {
  const entries = Object.entries<string>(versions).map(([version, exact]) => [
    `${name}-${version}`,
    [`${name}@${exact}`],
  ]);
  return Object.fromEntries(entries) as Record<`${Name}-${Version}`, readonly string[]>;
}
