import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The part of package.json that the tests of the package go by. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly main: string;
  readonly module: string;
  readonly types: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly typesVersions: unknown;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The top of the work tree, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export const manifest = readManifest(`${ROOT}package.json`);

export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

/** What users write to import each entry, such as `k8s-leader-election/machine`. */
export const specifiers = Object.keys(manifest.exports).map((entry) =>
  entry.replace(/^\./, manifest.name),
);

/** Every file of the package that package.json names. */
export function namedFiles({ main, module, types, exports, bin }: Manifest): string[] {
  return [...new Set([main, module, types, ...leaves(exports), ...leaves(bin)])];
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leaves);
}
