import { type Argument, Command, type Option as Flag } from 'commander';
import { addCommands } from '../src/cli/commands/index.js';
import { defaultOf } from '../src/cli/inputs.js';
import { addCommonOptions } from '../src/cli/options.js';
import { HEALTH_OPTIONS } from '../src/election/health.js';
import { LOCK_KINDS } from '../src/lock/lock-kinds.js';
import { collectionPath } from '../src/lock/object-path.js';
import { INSTRUMENTS } from '../src/metrics/instruments.js';
import { CELLS, type Cell } from '../test/package/matrix/cells.js';
import { apiSections, optionTable, optionTexts } from './api-page.js';
import { membersOf } from './docstrings.js';
import { fillIn } from './fill-in.js';
import { table } from './markdown-table.js';

/** The pages whose tables are made of the code, as they have to be now, by their path. */
export async function pagesWithTables(): Promise<ReadonlyMap<string, string>> {
  const health = await membersOf('src/election/health.ts', 'HealthOptions');
  const pages = {
    'docs/api.md': await apiSections(),
    'docs/locks.md': { 'kinds of lock': kindTable() },
    'docs/health.md': {
      'health options': [
        optionTable(HEALTH_OPTIONS, health),
        optionTexts(HEALTH_OPTIONS, health),
      ].join('\n\n'),
    },
    'docs/runtimes.md': { runtimes: runtimeTable() },
    'docs/metrics.md': { instruments: instrumentTable() },
    'docs/cli.md': {
      commands: commandTable(),
      flags: flagTable(addCommonOptions(new Command()).options),
      'flags of run': flagTable(ownFlags('run')),
      'flags of dev-server': flagTable(flagsOf('dev-server')),
    },
  };
  const filled = Object.entries(pages).map(
    async ([path, sections]) =>
      [path, await fillIn(path, new Map(Object.entries(sections)))] as const,
  );
  return new Map(await Promise.all(filled));
}

function kindTable(): string {
  const rows = Object.entries(LOCK_KINDS).map(([name, kind]) => [
    `\`${name}\``,
    `\`${kind.kind}Lock\``,
    `\`${collectionPath(kind, 'NAMESPACE')}/NAME\``,
    `\`${kind.field.slice(0, -1).join('.')}\``,
    `\`apiGroups: ['${kind.group}']\`, \`resources: ['${kind.resource}']\``,
  ]);
  return table([['`--lock`', 'Class', 'Object', 'Record', 'In a Role'], ...rows]);
}

function instrumentTable(): string {
  const rows = INSTRUMENTS.map((instrument) => {
    const { name, kind, help } = instrument;
    const labels = kind === 'counter' ? Object.keys(instrument.labels) : [];
    return [`\`${name}\``, kind, labels.map((label) => `\`${label}\``).join(', '), help];
  });
  return table([['Metric', 'Kind', 'Labels besides `name`', 'Meaning'], ...rows]);
}

/** One row for what has the same name, version and result. */
function runtimeTable(): string {
  const rows = new Map<string, { readonly cell: Cell; readonly ways: string[] }>();
  for (const cell of CELLS) {
    const key = [cell.what, cell.version, cell.result].join();
    const row = rows.get(key) ?? { cell, ways: [] };
    row.ways.push(cell.how);
    rows.set(key, row);
  }
  const lines = [...rows.values()].map(({ cell: { what, version, result, cheap }, ways }) => {
    // Both formats, where none is named.
    const how = ways.join('; ').replaceAll(/([^;]+), ESM; \1, CommonJS/g, '$1');
    return [what, version, how, result, cheap ? 'each change' : 'by command'];
  });
  return table([['What', 'Version', 'How', 'Result', 'Checked'], ...lines]);
}

function commands(): readonly Command[] {
  const root = new Command().enablePositionalOptions();
  addCommands(root, { script: '' }, () => undefined);
  return root.commands;
}

function commandTable(): string {
  const rows = commands().map((command) => [
    `\`${[command.name(), ...command.registeredArguments.map(placeholder)].join(' ')}\``,
    command.description(),
  ]);
  return table([['Command', 'What it does'], ...rows]);
}

function placeholder(argument: Argument): string {
  const name = `${argument.name().toUpperCase()}${argument.variadic ? '...' : ''}`;
  return argument.required ? name : `[${name}]`;
}

/** The flags that only this command has. */
function ownFlags(name: string): Flag[] {
  const common = addCommonOptions(new Command()).options.map(({ long }) => long);
  return flagsOf(name).filter(({ long }) => !common.includes(long));
}

function flagsOf(name: string): readonly Flag[] {
  return commands().find((one) => one.name() === name)?.options ?? [];
}

function flagTable(flags: readonly Flag[]): string {
  const rows = flags.map((flag) => {
    const [, value = ''] = /<(.*)>/.exec(flag.flags) ?? [];
    const long = `\`${`${flag.long ?? ''} ${value.toUpperCase()}`.trim()}\``;
    const short = flag.short === undefined ? '' : `, \`${flag.short}\``;
    const byDefault = defaultOf(flag) ?? '';
    const isWords = flag.defaultValueDescription !== undefined || byDefault === '';
    return [`${long}${short}`, flag.description, isWords ? byDefault : `\`${byDefault}\``];
  });
  return table([['Flag', 'Meaning', 'Default'], ...rows]);
}
