/**
 * Draws the statechart and writes the generated parts of docs/statechart.md, all of it from the
 * machine itself, and the tables of other pages that are made of the code. Also writes the modules
 * that the live chart is served from: its drawings, and its page, whose sources are in
 * src/inspect/page.
 *
 *     npx tsx docs/generate.ts            write what has changed
 *     npx tsx docs/generate.ts --check    write nothing; exit with 1 if anything is stale
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { leaderElectionMachine } from '../machines/leader-election.js';
import { type ChartGraph, chartGraph } from '../src/inspect/chart-graph.js';
import { layoutChart } from '../src/inspect/chart-layout.js';
import { chartSvg } from '../src/inspect/chart-svg.js';
import { type ChartView, detail, overview } from '../src/inspect/chart-view.js';
import { liveChart, openInOverview } from '../src/inspect/live-figures.js';
import { fillIn, ROOT } from './fill-in.js';
import { pagesWithTables } from './tables.js';

export const PAGE = 'docs/statechart.md';
const FRAMEWORKS = 'docs/frameworks.md';
export const LIVE_PAGE = 'src/inspect/page';
const GENERATED = 'src/inspect/generated';
export const COMMAND = 'npx tsx docs/generate.ts';

/** The states that have a picture of their own. */
const DETAILS = [
  'participating.acquiring',
  'participating.elected.lease',
  'participating.elected.work',
  'releasing',
  'lost',
];

/** Where the guards are said what they mean. */
const GUARDS = ['machines/guards.ts', 'machines/answer-guards.ts'];

/** What every generated file has to contain now, by its path in the repository. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const graph = chartGraph(leaderElectionMachine);
  const files = new Map<string, string>();
  for (const [path, view] of pictures(graph)) {
    files.set(path, chartSvg(await layoutChart(view)));
  }
  const guards = guardWords(graph, await Promise.all(GUARDS.map(read)));
  const sections = new Map([
    ['states', stateTable(graph)],
    ['guards', guardTable(guards)],
  ]);
  files.set(PAGE, await fillIn(PAGE, sections));
  files.set(FRAMEWORKS, await fillIn(FRAMEWORKS, await frameworkExamples()));
  for (const [path, page] of await pagesWithTables()) files.set(path, page);
  const chart = JSON.stringify(await liveChart(graph, Object.fromEntries(guards)));
  files.set(`${GENERATED}/live-chart.ts`, await textModule('LIVE_CHART', chart));
  files.set(`${GENERATED}/page-sources.ts`, await textModule('PAGE_SOURCES', await pageSources()));
  return files;
}

function read(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8');
}

/** The page of the live chart as a browser takes it: TypeScript without its types. */
async function pageSources(): Promise<Record<string, string>> {
  const sources: Record<string, string> = {};
  for (const name of (await readdir(join(ROOT, LIVE_PAGE))).sort()) {
    const source = await read(join(LIVE_PAGE, name));
    if (!/\.[jt]s$/.test(name)) {
      sources[name] = source;
      continue;
    }
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ES2022,
        removeComments: true,
      },
    });
    sources[name.replace(/\.ts$/, '.js')] = outputText;
  }
  return sources;
}

/** Texts as a module, so that they are found in whatever form the package is loaded. */
async function textModule(
  name: string,
  value: string | Readonly<Record<string, string>>,
): Promise<string> {
  const type = typeof value === 'string' ? '' : ': Readonly<Record<string, string>>';
  const lines = [
    `// Written by \`${COMMAND}\`: change what it is made of instead.`,
    `export const ${name}${type} = ${JSON.stringify(value, null, 2)};`,
  ];
  const options = await resolveConfig(join(ROOT, GENERATED, 'x.ts'));
  return format(lines.join('\n'), { ...options, parser: 'typescript' });
}

/** The paths whose content on disk is not what was generated. */
export async function staleFiles(generated: ReadonlyMap<string, string>): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, content] of generated) {
    const present = await readFile(join(ROOT, path), 'utf8').catch(() => null);
    if (present !== content) stale.push(path);
  }
  return stale;
}

function pictures(graph: ChartGraph): [string, ChartView][] {
  const whole = overview(graph, 'The statechart of one candidate', openInOverview(graph));
  return [
    ['docs/statechart.svg', whole],
    ...DETAILS.map((id): [string, ChartView] => {
      const name = id.split('.').at(-1) ?? id;
      return [`docs/statechart/${name}.svg`, detail(graph, `Inside the state ${id}`, id)];
    }),
  ];
}

function stateTable(graph: ChartGraph): string {
  const rows = graph.states
    .filter(({ id }) => id !== graph.root)
    .map(({ id, kind, description, invokes }) => {
      const shape = kind === 'final' || kind === 'parallel' ? ` (${kind})` : '';
      const runs = invokes.map((name) => `\`${name}\``).join(', ');
      return `| \`${id}\`${shape} | ${description} | ${runs} |`;
    });
  return ['| State | What it is | Actors |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The guards that the chart uses, in the words of their own source. */
function guardWords(graph: ChartGraph, sources: readonly string[]): ReadonlyMap<string, string> {
  const words = new Map(sources.flatMap((source) => [...docComments(source)]));
  const used = new Set(graph.transitions.flatMap(({ guard }) => (guard === null ? [] : [guard])));
  return new Map(
    [...used].sort().map((guard) => {
      const negated = /^not (\w+)$/.exec(guard)?.[1];
      const text = words.get(negated ?? guard);
      if (text === undefined)
        throw new Error(`${GUARDS.join(', ')} do not say what ${guard} means`);
      return [guard, negated === undefined ? text : `It is not so: ${text}`];
    }),
  );
}

function guardTable(guards: ReadonlyMap<string, string>): string {
  const rows = [...guards].map(([guard, text]) => `| \`${guard}\` | ${text} |`);
  return ['| Guard | Holds when |', '| --- | --- |', ...rows].join('\n');
}

/** The doc comment of every exported function, on one line. */
function docComments(source: string): Map<string, string> {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const comments = new Map<string, string>();
  for (const statement of file.statements) {
    if (!ts.isFunctionDeclaration(statement) || statement.name === undefined) continue;
    const comment = ts.getJSDocCommentsAndTags(statement).find(ts.isJSDoc)?.comment;
    const text = ts.getTextOfJSDocComment(comment);
    if (text !== undefined) comments.set(statement.name.text, text.replace(/\s+/g, ' '));
  }
  return comments;
}

/** The programs that the page of frameworks consists of, by the names of their files. */
async function frameworkExamples(): Promise<ReadonlyMap<string, string>> {
  const folder = 'docs/examples/frameworks';
  const names = await readdir(join(ROOT, folder));
  const blocks = names.map(
    async (name) => [name.replace(/\.ts$/, ''), await codeBlock(`${folder}/${name}`)] as const,
  );
  return new Map(await Promise.all(blocks));
}

async function codeBlock(path: string): Promise<string> {
  const source = await read(path);
  return ['```ts', source.trimEnd(), '```'].join('\n');
}

async function main(): Promise<void> {
  const files = await generate();
  const stale = await staleFiles(files);
  if (process.argv.includes('--check')) {
    if (stale.length === 0) return;
    console.error(`Stale: ${stale.join(', ')}. Run \`${COMMAND}\`.`);
    process.exitCode = 1;
    return;
  }
  for (const path of stale) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), files.get(path) ?? '');
    console.log(`Wrote ${path}`);
  }
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await main();
