import type { Command } from 'commander';
import type { Program } from '../program.js';
import { addAskCommands } from './ask-commands.js';
import { addDemo } from './demo-command.js';
import { addDevServer } from './dev-server-command.js';
import { addObserveCommands } from './observe-commands.js';
import { addRun } from './run-command.js';
import type { Finish } from './subcommand.js';

/**
 * All commands with their flags. What they do is loaded when one is carried out, so that help is
 * there at once.
 */
export function addCommands(root: Command, program: Program, finish: Finish): void {
  addRun(root, program, finish);
  addObserveCommands(root, finish);
  addAskCommands(root, finish);
  addDemo(root, program, finish);
  addDevServer(root, finish);
  root.addHelpText(
    'after',
    `
Each flag may be given by a variable: --lease-duration is K8S_LEADER_ELECTION_LEASE_DURATION.
Exit codes: 0 fine, 1 something went wrong, 2 wrong flags; others: see the command's --help.`,
  );
}
