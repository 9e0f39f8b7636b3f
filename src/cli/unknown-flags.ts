import type { Command } from 'commander';
import { suggest } from '../validation/suggest.js';

const noted = new WeakMap<Command, string[]>();

/** What was found wrong with a command's flags before they were read, one sentence each. */
export function problemsOf(command: Command): readonly string[] {
  return noted.get(command) ?? [];
}

export function noteProblem(command: Command, text: string): void {
  noted.set(command, [...problemsOf(command), text]);
}

/** Makes the parser note unknown flags, where it would end at the first one of them. */
export function noteUnknownFlags(command: Command): void {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (argv) => {
    const first = parse(argv);
    if (asksForHelp(first.unknown)) return first;
    const operands = [...first.operands];
    for (let { unknown } = first; unknown.length > 0;) {
      const [flag = '', ...rest] = unknown;
      // What follows without a dash was meant to be its value, more likely than an argument.
      const isValue = rest[0] !== undefined && !rest[0].startsWith('-');
      const left = parse(isValue ? rest.slice(1) : rest);
      if (flag !== '--') noteProblem(command, unknownFlag(command, flag));
      operands.push(...left.operands);
      ({ unknown } = left);
    }
    return { operands, unknown: [] };
  };
}

function asksForHelp(unknown: readonly string[]): boolean {
  const end = unknown.indexOf('--');
  const flags = end < 0 ? unknown : unknown.slice(0, end);
  return flags.includes('--help') || flags.includes('-h');
}

function unknownFlag(command: Command, given: string): string {
  const flag = given.split('=')[0] ?? '';
  const known = command.options.flatMap(({ long }) => (long == null ? [] : [long]));
  // `--name` is the beginning of `--namespce`, but nobody meant it.
  const longer = known.filter((long) => !flag.startsWith(long));
  const meant = flag.startsWith('--') ? suggest(flag, longer) : null;
  return `unknown option '${flag}'${meant === null ? '' : ` (Did you mean ${meant}?)`}`;
}
