import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Program } from '../e2e/fleet/fleet.js';
import { ensureClientGoCandidate } from '../peers/client-go/build.js';
import { ensureFabric8Candidate } from '../peers/fabric8/build.js';
import { ensureKubeRsCandidate } from '../peers/kube-rs/build.js';
import { ensurePythonClient, PYTHON_FLEET_CANDIDATE } from '../peers/python/build.js';

/** A candidate of another library, on one kind of lock. */
export interface Peer {
  readonly library: string;
  readonly kind: 'lease' | 'configmap';
  /** Where its version stands, under test/peers, and the text before it. */
  readonly version: readonly [file: string, before: RegExp];
  /** Builds what is not in the cache. Throws MissingToolError where a tool is absent. */
  readonly program: () => Promise<Program>;
}

const python =
  (library: string): Peer['program'] =>
  async () => [await ensurePythonClient(), PYTHON_FLEET_CANDIDATE, library];
const fabric8 = async (): Promise<Program> => {
  // A small heap and one collector thread: there are several on one machine.
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx128m'];
  return ['java', ...flags, '-cp', await ensureFabric8Candidate(), 'Candidate'];
};

const CLIENT_GO = ['client-go/go.mod', /k8s\.io\/client-go v/] as const;
const PYTHON = ['python/requirements.txt', /^kubernetes==/m] as const;
const ASYNCIO = ['python/requirements.txt', /^kubernetes_asyncio==/m] as const;
const FABRIC8 = [
  'fabric8/pom.xml',
  /<artifactId>kubernetes-client<\/artifactId>\s*<version>/,
] as const;
const KUBE_RS = ['kube-rs/Cargo.toml', /kube-leader-election = "=/] as const;

export const PEERS: readonly Peer[] = [
  {
    library: 'client-go',
    kind: 'lease',
    version: CLIENT_GO,
    program: async () => [await ensureClientGoCandidate()],
  },
  ...(['lease', 'configmap'] as const).flatMap((kind): Peer[] => [
    { library: 'kubernetes (Python)', kind, version: PYTHON, program: python('kubernetes') },
    {
      library: 'kubernetes_asyncio',
      kind,
      version: ASYNCIO,
      program: python('kubernetes_asyncio'),
    },
    { library: 'fabric8', kind, version: FABRIC8, program: fabric8 },
  ]),
  {
    library: 'kube-leader-election',
    kind: 'lease',
    version: KUBE_RS,
    program: async () => [await ensureKubeRsCandidate()],
  },
];

export async function versionOf({ version: [file, before] }: Peer): Promise<string> {
  const text = await readFile(pathOf(file), 'utf8');
  const start = before.exec(text);
  if (start === null) throw new Error(`test/peers/${file} does not name a version`);
  return /^[\w.]+/.exec(text.slice(start.index + start[0].length))?.[0] ?? '';
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
}
