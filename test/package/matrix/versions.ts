/** Releases that the package has been tried with. Raise them by hand, on purpose. */
export const NODES = { 20: '20.20.0', 22: '22.23.3', 24: '24.21.0', 26: '26.9.0' } as const;

export type NodeMajor = keyof typeof NODES;

/** Of `@kubernetes/client-node`: the oldest that is allowed, and the newest. */
export const CLIENT_NODES = { '1.4': '1.4.0', '2': '2.0.1' } as const;

/** By the last part that a minor version of TypeScript has come to. */
export const TYPESCRIPTS = {
  '5.4': '5.4.5',
  '5.5': '5.5.4',
  '5.6': '5.6.3',
  '5.7': '5.7.3',
  '5.8': '5.8.3',
  '5.9': '5.9.3',
  '6.0': '6.0.3',
  '7.0': '7.0.2',
} as const;

export type TypeScript = keyof typeof TYPESCRIPTS;

/** The rest of what the cells are made with, by the names that npm has for them. */
export const VERSIONS = {
  bun: '1.4.5',
  deno: '2.9.6',
  esbuild: '0.28.2',
  webpack: '5.113.0',
  rollup: '4.68.8',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rollup/plugin-commonjs': '29.0.3',
  '@rollup/plugin-json': '6.1.0',
  vite: '8.4.0',
  '@vercel/ncc': '0.45.0',
  pnpm: '12.21.0',
  '@yarnpkg/cli-dist': '4.18.1',
  pm2: '7.0.4',
} as const;

/** What a package is installed by, such as `bun@1.4.5`. */
export function pinned(...names: readonly (keyof typeof VERSIONS)[]): string[] {
  return names.map((name) => `${name}@${VERSIONS[name]}`);
}
