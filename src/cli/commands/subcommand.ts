import type { Command } from 'commander';

/** Takes the exit code of a command that was carried out. */
export type Finish = (code: number) => void;

export function subcommand(root: Command, name: string, description: string): Command {
  return root
    .command(name)
    .description(description)
    .copyInheritedSettings(root)
    .showHelpAfterError(`See ${root.name()} ${name} --help.`)
    .configureHelp({ optionDescription: ({ description }) => description });
}
