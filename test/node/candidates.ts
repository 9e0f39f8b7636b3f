import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCli } from '../cli/support/built-cli.js';
import { ensureClientGoCandidate } from '../peers/client-go/build.js';
import { builtProgram } from '../support/built-program.js';
import { type PodSettings, TIMINGS } from './pod-report.js';

/** What takes part in the pods of a fleet. */
export interface PodCandidate {
  /** What the container runs, as its first process. */
  readonly command: (settings: PodSettings) => readonly string[];
  /** What it needs of this machine beside `/usr`, at the same place in the pod. */
  readonly folders: readonly string[];
  /** Whether it goes by the kubelet's word that a container has ended. */
  readonly heedsKubelet: boolean;
  /** A part of the command by which the process that does the work is known; empty where it is the only one. */
  readonly worker: string;
  /** Takes away what was built for it. */
  readonly dispose?: () => void;
}

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const programIn = (file: string): Promise<string> =>
  builtProgram(fileURLToPath(new URL(file, import.meta.url)));

/** An application that uses this package. */
async function application(): Promise<PodCandidate> {
  const program = await programIn('./pod-candidate.ts');
  return {
    command: (settings) => [process.execPath, program, JSON.stringify(settings)],
    folders: [PACKAGES],
    heedsKubelet: true,
    worker: '',
  };
}

/** The same with client-go. */
async function clientGo(): Promise<PodCandidate> {
  const program = await ensureClientGoCandidate();
  return {
    command: ({ lock, namespace }) => [
      program,
      JSON.stringify({ name: lock, namespace, reports: '/reports', onLost: 'rejoin', ...TIMINGS }),
    ],
    folders: [dirname(program)],
    heedsKubelet: false,
    worker: '',
  };
}

/** What one that is up reports, by a shell, in whose place `run` is then. */
const UP = [
  'read -r up rest < /proc/uptime',
  'at="${up%.*}${up#*.}0"',
  `printf '{"at":%s,"who":"%s@%s","pod":"%s","event":"up"}\\n' "$at" "$POD_NAME" "$at" "$POD_NAME" >> "/reports/$POD_NAME.jsonl"`,
].join('; ');

/** `run` as the first process of its container, and a command below it that reports. */
async function run(): Promise<PodCandidate> {
  const worker = await programIn('./pod-worker.ts');
  const { script, dispose } = await buildCli();
  return {
    command: ({ lock, podEvidence }) => [
      '/usr/bin/sh',
      '-c',
      `${UP}; exec "$@"`,
      'sh',
      process.execPath,
      script,
      'run',
      ...['--lease', lock, ...(podEvidence ? ['--pod-evidence'] : [])],
      ...['--', process.execPath, worker],
    ],
    folders: [PACKAGES],
    heedsKubelet: true,
    worker: 'pod-worker',
    dispose,
  };
}

export const POD_CANDIDATES = { application, 'client-go': clientGo, run };
