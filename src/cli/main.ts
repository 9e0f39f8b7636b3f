import { Command, CommanderError } from 'commander';
import { LeaderElectionError } from '../errors/leader-election-error.js';
import { VERSION } from '../kubernetes/version.js';
import { harmless } from '../text/printable.js';
import { CliError, UsageError } from './cli-error.js';
import { addCommands } from './commands/index.js';
import { EXIT } from './exit-codes.js';
import { prepareEnvironment } from './inputs.js';
import { printError } from './output.js';
import type { Program } from './program.js';

const NAME = 'k8s-leader-election';

/** One run of the command line. Resolves with the exit code; everything is reported by then. */
export async function main(argv: readonly string[], program: Program): Promise<number> {
  let code: number = EXIT.ok;
  const nameOf = (word: string | undefined): string =>
    root.commands.some((command) => command.name() === word) ? `${NAME} ${word ?? ''}` : NAME;
  const root: Command = new Command(NAME)
    .description(
      'Leader election on Kubernetes: take part, see who leads, and find out what is wrong.',
    )
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError(`See ${NAME} --help.`)
    .configureOutput({
      // By the console: one that is read no further, as by head, is no error to it.
      writeOut: (text) => {
        console.log(text.replace(/\n$/, ''));
      },
      outputError: (text, write) => {
        write(harmless(text).replace(/^error: /, `${nameOf(argv[0])}: `));
      },
    })
    .exitOverride();
  addCommands(root, program, (result) => {
    code = result;
  });
  try {
    const chosen = root.commands.find((command) => command.name() === argv[0]);
    if (chosen !== undefined) prepareEnvironment(chosen, process.env);
    if (argv.length === 0) root.help({ error: true });
    await root.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return failed(
      error,
      root.commands.find((command) => command.name() === argv[0]),
    );
  }
}

function failed(error: unknown, command: Command | undefined): number {
  const who = command === undefined ? NAME : `${NAME} ${command.name()}`;
  if (error instanceof CommanderError) {
    // It has written what there is to say.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof UsageError) {
    for (const problem of error.message.split('\n')) printError(`${who}: ${problem}`);
    printError(`See ${who} --help.`);
    return EXIT.usage;
  }
  if (error instanceof CliError || error instanceof LeaderElectionError) {
    printError(`${who}: ${error.message}`);
    return EXIT.failed;
  }
  throw error;
}
