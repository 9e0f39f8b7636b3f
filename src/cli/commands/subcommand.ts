import type { Command } from 'commander';
import { describeFlag } from '../inputs.js';
import { noteUnknownFlags } from '../unknown-flags.js';

/** Takes the exit code of a command that was carried out. */
export type Finish = (code: number) => void;

export function subcommand(root: Command, name: string, description: string): Command {
  const command = root
    .command(name)
    .description(description)
    .copyInheritedSettings(root)
    .showHelpAfterError(`See ${root.name()} ${name} --help.`)
    .configureHelp({ optionDescription: describeFlag });
  noteUnknownFlags(command);
  return command;
}
