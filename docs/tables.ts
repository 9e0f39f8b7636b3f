import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Argument, Command, type Option as Flag } from 'commander';
import ts from 'typescript';
import { addCommands } from '../src/cli/commands/index.js';
import { defaultOf } from '../src/cli/inputs.js';
import { addCommonOptions } from '../src/cli/options.js';
import { OPTIONS } from '../src/config/resolve-config.js';
import { HEALTH_OPTIONS } from '../src/election/health.js';
import { LOCK_KINDS } from '../src/lock/lock-kinds.js';
import { LOCK_OPTIONS } from '../src/lock/lock-options.js';
import { collectionPath } from '../src/lock/object-path.js';
import type { Option } from '../src/validation/rules.js';
import { fillIn, ROOT } from './fill-in.js';

/** The pages whose tables are made of the code, as they have to be now, by their path. */
export async function pagesWithTables(): Promise<ReadonlyMap<string, string>> {
  const options = await textsOf('src/config/leader-election-config.ts', 'LeaderElectionConfig');
  const lockOptions = await textsOf('src/lock/lock-options.ts', 'KubernetesLockOptions');
  const healthOptions = await textsOf('src/election/health.ts', 'HealthOptions');
  const pages = {
    'README.md': {
      options: optionTable(OPTIONS, options),
      'lock options': optionTable(LOCK_OPTIONS, lockOptions),
    },
    'docs/locks.md': { 'kinds of lock': kindTable() },
    'docs/health.md': { 'health options': optionTable(HEALTH_OPTIONS, healthOptions) },
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

/** What the comment of a member says. */
interface Texts {
  readonly meaning: string;
  /** Of the tag `@defaultValue`; empty without one. */
  readonly byDefault: string;
  /** What goes wrong where it is set badly, of the tag `@remarks`; empty without one. */
  readonly badly: string;
}

const NO_TEXTS: Texts = { meaning: '', byDefault: '', badly: '' };

/** The comments of an interface's members, by the member. */
async function textsOf(path: string, name: string): Promise<ReadonlyMap<string, Texts>> {
  const source = await readFile(join(ROOT, path), 'utf8');
  const { statements } = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found = statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name);
  const members = found?.members.filter(ts.isPropertySignature) ?? [];
  return new Map(
    members.map((member) => {
      const comment = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc);
      const tag = (named: string): string =>
        plain(ts.getJSDocTags(member).find(({ tagName }) => tagName.text === named)?.comment);
      return [
        member.name.getText(),
        { meaning: plain(comment?.comment), byDefault: tag('defaultValue'), badly: tag('remarks') },
      ];
    }),
  );
}

/** On one line. */
function plain(comment: Parameters<typeof ts.getTextOfJSDocComment>[0]): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim();
}

export function optionTable(
  rows: Readonly<Record<string, Option>>,
  texts: ReadonlyMap<string, Texts>,
): string {
  const cells = Object.entries(rows).map(([name, option]) => {
    const { meaning, byDefault, badly } = texts.get(name) ?? NO_TEXTS;
    if (meaning === '')
      throw new Error(`The option ${name} has no comment that says what it means`);
    const inCode = codeOf(option.byDefault);
    if (inCode !== null && byDefault !== inCode) {
      throw new Error(`The comment of ${name} says @defaultValue ${byDefault}; it is ${inCode}`);
    }
    const value = option.isRequired ? '(required)' : byDefault;
    return [`\`${name}\``, option.rule.description, value, meaning, badly];
  });
  const titles = ['Option', 'Must be', 'Default', 'Meaning', 'If it is set badly'];
  const told = cells.some((row) => row.at(-1) !== '') ? titles.length : -1;
  return table([titles, ...cells].map((row) => row.slice(0, told)));
}

/** A plain value as it is written in code; null for any other, which has to be told in words. */
function codeOf(value: unknown): string | null {
  if (typeof value === 'string') return `\`'${value}'\``;
  return typeof value === 'number' || typeof value === 'boolean' ? `\`${value}\`` : null;
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

function table([titles = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [titles, titles.map(() => '---'), ...rows].map(line).join('\n');
}
