/**
 * Writes down what each entry of the package offers, in docs/api, from the declarations that
 * `npm run build` has made: so a change of the public surface shows in a diff.
 *
 *     npm run api                 write what has changed
 *     npm run api -- --check      write nothing; exit with 1 if anything is stale
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { format, resolveConfig } from 'prettier';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = 'docs/api';
const COMMAND = 'npm run build && npm run api';

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly import?: { readonly types: string } }>>;
}

/** The names of the entries: `index`, `machine` and so on. */
async function entries(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  return Object.values(manifest.exports).flatMap((entry) => {
    const name = /^\.\/dist\/(.+)\.d\.ts$/.exec(entry.import?.types ?? '')?.[1];
    return name === undefined ? [] : [name];
  });
}

/** What every report has to contain now, by its path in the repository. */
async function reports(): Promise<ReadonlyMap<string, string>> {
  const declarations = new Map<string, Declaration[]>();
  const directory = await mkdtemp(join(tmpdir(), 'api-report-'));
  try {
    for (const name of await entries()) {
      declarations.set(name, declarationsIn(await extract(name, directory)));
    }
  } finally {
    await rm(directory, { recursive: true });
  }
  const offered = [...declarations.values()].flat().filter(({ exported }) => exported);
  const files = new Map<string, string>();
  for (const [entry, all] of declarations) {
    // What another entry exports is written down there.
    const own = all.filter((one) => one.exported || !offered.some(({ name }) => name === one.name));
    const path = `${FOLDER}/${entry}.api.md`;
    const options = await resolveConfig(join(ROOT, path));
    files.set(path, await format(pageOf(entry, own), { ...options, parser: 'markdown' }));
  }
  return files;
}

interface Declaration {
  readonly name: string;
  readonly exported: boolean;
  readonly text: string;
}

/** The declarations of API Extractor's report, without what it says in comments. */
function declarationsIn(report: string): Declaration[] {
  const [, code = ''] = /```ts\n([^]*)\n```/.exec(report) ?? [];
  return code.split(/^\/\/ @.*\n/m).flatMap((part) => {
    const text = part.replace(/^ *\/\/ \(undocumented\)\n/gm, '').trim();
    const match = /^(export )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/m.exec(
      text,
    );
    const [, exported, name] = match ?? [];
    return name === undefined ? [] : [{ name, exported: exported !== undefined, text }];
  });
}

function pageOf(entry: string, declarations: readonly Declaration[]): string {
  return `# What \`${entry}\` offers

Written by \`npm run api\` from the declarations that are built. What has no \`export\` is part of something
that has. What another entry exports is written down there.

\`\`\`ts
${declarations.map(({ text }) => text).join('\n\n')}
\`\`\`
`;
}

async function extract(name: string, directory: string): Promise<string> {
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: join(ROOT, `dist/${name}.d.ts`),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            ...{ module: 'nodenext', moduleResolution: 'nodenext', target: 'es2022' },
            ...{ lib: ['es2023', 'esnext.disposable'], types: ['node'], strict: true },
            ...{ skipLibCheck: true, rootDir: ROOT },
          },
          include: [`dist/${name}.d.ts`],
        },
      },
      apiReport: {
        enabled: true,
        // What a public type is made of is public, too, whether or not it has a name outside.
        includeForgottenExports: true,
        reportFileName: name,
        reportFolder: directory,
        reportTempFolder: join(directory, 'temporary'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
      newlineKind: 'lf',
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, 'package.json'),
  });
  const { errorCount } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true;
    },
  });
  if (errorCount > 0) throw new Error(`The types of ${name} cannot be read: run \`${COMMAND}\``);
  return readFile(join(directory, `${name}.api.md`), 'utf8');
}

/** Those that differ from what stands in the repository, and those that stand there for no entry. */
async function staleFiles(files: ReadonlyMap<string, string>): Promise<string[]> {
  const present = await readdir(join(ROOT, FOLDER)).catch((): string[] => []);
  const stale = present.map((name) => `${FOLDER}/${name}`).filter((path) => !files.has(path));
  for (const [path, content] of files) {
    const now = await readFile(join(ROOT, path), 'utf8').catch(() => null);
    if (now !== content) stale.push(path);
  }
  return stale;
}

const files = await reports();
const stale = await staleFiles(files);
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`The public surface has changed (${stale.join(', ')}): run \`${COMMAND}\``);
    process.exitCode = 1;
  }
} else {
  await mkdir(join(ROOT, FOLDER), { recursive: true });
  for (const path of stale) {
    const content = files.get(path);
    if (content === undefined) await rm(join(ROOT, path));
    else await writeFile(join(ROOT, path), content);
    console.log(`${content === undefined ? 'removed' : 'written'}: ${path}`);
  }
}
