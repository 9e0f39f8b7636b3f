import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../support/cached.js';
import { MissingToolError } from '../../support/missing-tool-error.js';
import { withProgress } from '../../support/progress.js';

const run = promisify(execFile);
const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * The class path of the program `Candidate`, one candidate of fabric8, reporting as those of test/e2e
 * do. What it needs is fetched, and it is compiled, once into the user's cache directory.
 *
 * @throws MissingToolError where a JDK or Maven is absent
 */
export async function ensureFabric8Candidate(): Promise<string> {
  const source = join(DIRECTORY, 'Candidate.java');
  const pom = join(DIRECTORY, 'pom.xml');
  const directory = await cached({
    name: 'fabric8-candidate',
    version: await javaVersions(),
    sources: [pom, source],
    inPlace: true,
    make: (path) =>
      withProgress('building the fabric8 candidate', async () => {
        const fetch = [COPY, '-DincludeScope=runtime', `-DoutputDirectory=${join(path, 'lib')}`];
        await run('mvn', ['-q', '-B', '-f', pom, ...fetch]);
        await run('javac', ['-cp', join(path, 'lib', '*'), '-d', join(path, 'classes'), source]);
        await writeFile(join(path, 'complete'), '');
      }),
  });
  return [join(directory, 'classes'), join(directory, 'lib', '*')].join(':');
}

async function javaVersions(): Promise<string> {
  try {
    const [javac, maven] = await Promise.all([run('javac', ['-version']), run('mvn', ['-v'])]);
    return [javac.stdout, maven.stdout.split('\n')[0]].join();
  } catch (cause) {
    throw new MissingToolError('The fabric8 candidate needs javac and mvn on the PATH.', { cause });
  }
}
