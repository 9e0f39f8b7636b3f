import { OPTIONS } from '../src/config/resolve-config.js';
import { LOCK_OPTIONS } from '../src/lock/lock-options.js';
import type { Option } from '../src/validation/rules.js';
import { alternativesOf, listOf, type Member, membersOf, type Texts } from './docstrings.js';
import { table } from './markdown-table.js';

const CONFIG = 'src/config/leader-election-config.ts';
const LOCKS = 'src/lock/lock-options.ts';
const CHART = 'machines/types.ts';

/** What stands between the markers of docs/api.md, by their names: made of the comments in the code. */
export async function apiSections(): Promise<Readonly<Record<string, string>>> {
  const options = await membersOf(CONFIG, 'LeaderElectionConfig');
  const lockOptions = await membersOf(LOCKS, 'KubernetesLockOptions');
  const election = await membersOf('src/election/leader-election.ts', 'LeaderElection');
  return {
    options: optionTable(OPTIONS, options),
    'options in words': optionTexts(OPTIONS, options),
    'lock options': optionTable(LOCK_OPTIONS, lockOptions),
    'lock options in words': optionTexts(LOCK_OPTIONS, lockOptions),
    election: memberTexts('election', election),
    term: memberList(await membersOf('src/term/term.ts', 'Term')),
    outcome: memberList(await membersOf(CONFIG, 'Outcome')),
    reasons: table([['Reason', 'Meaning'], ...rowsOf(await listOf(CONFIG, 'EndReason'))]),
    events: await eventTable(),
    states: table([
      ['State', 'Meaning'],
      ...rowsOf(
        (await alternativesOf(CHART, 'ElectionState')).map((one) => [one.name, one.meaning]),
      ),
    ]),
    'kinds of lock errors': table([
      ['`kind`', 'Cause, and what to do'],
      ...rowsOf(await listOf('src/errors/lock-error.ts', 'LockErrorKind')),
    ]),
  };
}

/** What each option must be, and its default; narrow, so that it can be read at one glance. */
export function optionTable(
  rows: Readonly<Record<string, Option>>,
  texts: readonly Member[],
): string {
  const cells = Object.entries(rows).map(([name, option]) => {
    const byDefault = defaultOf(name, option, textsOf(name, texts));
    return [`[\`${name}\`](#${anchorOf(name)})`, option.rule.description, byDefault];
  });
  return table([['Option', 'Must be', 'Default'], ...cells]);
}

/** A short section for each option. */
export function optionTexts(
  rows: Readonly<Record<string, Option>>,
  texts: readonly Member[],
): string {
  const sections = Object.keys(rows).map((name) => {
    const { meaning, badly } = textsOf(name, texts);
    const warning = badly === '' ? [] : [`_If it is set badly._ ${badly}`];
    return [`### \`${name}\``, ...[meaning, ...warning].map(wrapped)].join('\n\n');
  });
  return sections.join('\n\n');
}

function textsOf(name: string, texts: readonly Member[]): Texts {
  const found = texts.find((one) => one.name === name);
  if (found === undefined || found.meaning === '') {
    throw new Error(`The option ${name} has no comment that says what it means`);
  }
  return found;
}

function defaultOf(name: string, option: Option, { byDefault }: Texts): string {
  if (option.isRequired) return '(required)';
  const inCode = codeOf(option.byDefault);
  if (inCode !== null && byDefault !== inCode) {
    throw new Error(`The comment of ${name} says @defaultValue ${byDefault}; it is ${inCode}`);
  }
  return byDefault;
}

/** A plain value as it is written in code; null for any other, which has to be told in words. */
function codeOf(value: unknown): string | null {
  if (typeof value === 'string') return `\`'${value}'\``;
  return typeof value === 'number' || typeof value === 'boolean' ? `\`${value}\`` : null;
}

function anchorOf(name: string): string {
  return name.toLowerCase();
}

/** A short section for each member that its comment says something of. */
function memberTexts(owner: string, members: readonly Member[]): string {
  const sections = members.map(({ name, signature, meaning, throws }) => {
    const thrown = throws.map((text) => `Throws ${text}${text.endsWith('.') ? '' : '.'}`);
    const words = [meaning, ...thrown].filter((text) => text !== '');
    if (words.length === 0) throw new Error(`${owner}.${name} has no comment that says what it is`);
    return [`### \`${owner}.${name}\``, `\`${signature}\``, ...words.map(wrapped)].join('\n\n');
  });
  return sections.join('\n\n');
}

/** In lines as long as those that are written by hand, for readers who see the source of the page. */
function wrapped(text: string): string {
  return text.replace(/(?=.{109})(.{1,108}) /g, '$1\n');
}

/** One line or a few for each member. */
function memberList(members: readonly Member[]): string {
  const items = members.map(({ name, type, meaning, throws }) => {
    if (meaning === '') throw new Error(`${name} has no comment that says what it is`);
    const thrown = throws.map((text) => `Throws ${text}`);
    const text = `- **\`${name}\`** (\`${type}\`): ${[meaning, ...thrown].join(' ')}`;
    return wrapped(text.replace(/\s+/g, ' ')).replaceAll('\n', '\n  ');
  });
  return items.join('\n');
}

async function eventTable(): Promise<string> {
  const rows = (await alternativesOf(CHART, 'ElectionNews')).map(({ name, fields, meaning }) => {
    if (meaning === '') throw new Error(`The event ${name} has no comment that says when it comes`);
    return [`\`${name}\``, fields.map((field) => `\`${field}\``).join(', '), meaning];
  });
  return table([['Event', 'Carries', 'When'], ...rows]);
}

function rowsOf(said: readonly (readonly [string, string])[]): readonly (readonly string[])[] {
  return said.map(([name, text]) => [`\`${name}\``, sentence(text)]);
}

/** As it stands in a table: it begins with a capital, unless with a name, and ends with a full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
