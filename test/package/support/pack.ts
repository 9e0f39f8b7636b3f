import { ROOT } from './manifest.js';
import { runWell } from './run.js';

/** The tarball, as `npm pack --json` tells of it. */
export interface Packed {
  readonly filename: string;
  /** Bytes, packed and unpacked. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Packs what `npm run build` has made. */
export async function packInto(directory: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const [packed] = JSON.parse(await runWell('npm', args, { cwd: ROOT })) as Packed[];
  if (packed === undefined) throw new Error('npm pack has packed nothing.');
  return packed;
}
