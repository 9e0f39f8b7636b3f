import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { flag, Inputs } from '../inputs.js';
import { addCommonOptions, readCommonOptions, type ObserveOptions } from '../options.js';
import { subcommand, type Finish } from './subcommand.js';

/** Those that tell how a lock stands, and change nothing. */
export function addObserveCommands(root: Command, finish: Finish): void {
  addLeader(root, finish);
  addStatus(root, finish);
  addWatch(root, finish);
}

function addLeader(root: Command, finish: Finish): void {
  const command = subcommand(
    root,
    'leader',
    'Who leads: the identity alone, for scripts.',
  ).argument('[name]', 'name of the lock');
  addCommonOptions(command)
    .addHelpText(
      'after',
      `
It prints nothing when nobody leads; why is told on stderr.

Exit codes: ${EXIT.ok} somebody leads; ${EXIT.nobodyLeads} nobody leads, or who does cannot be told; ${EXIT.failed} the lock could
not be read; ${EXIT.usage} wrong flags.`,
    )
    .action(async (positional: string | undefined) => {
      const inputs = new Inputs(command);
      const common = readCommonOptions(inputs, positional ?? null);
      const { name } = common;
      if (name === null) inputs.problem('the name of the lock is missing');
      inputs.done();
      if (name === null) return;
      const { leader } = await import('../observe/leader.js');
      finish(await leader({ ...common, name }));
    });
}

/** What all locks are looked at by. */
function addObserveOptions(command: Command): Command {
  return addCommonOptions(command).addOption(
    flag('-A, --all-namespaces', 'locks of all namespaces, without a name'),
  );
}

function readObserveOptions(inputs: Inputs, positional: string | null): ObserveOptions {
  const common = readCommonOptions(inputs, positional);
  const allNamespaces = inputs.prevails('allNamespaces', 'namespace');
  if (allNamespaces && common.name !== null) {
    inputs.problem(
      `${inputs.nameOf('allNamespaces')} is for all locks: a lock that has a name is in one namespace`,
    );
  }
  return { ...common, allNamespaces };
}

function addStatus(root: Command, finish: Finish): void {
  const command = subcommand(
    root,
    'status',
    'Who leads, since when, and what is odd: of one lock, or of all in a namespace.',
  ).argument('[name]', 'name of the lock (default: all of the namespace)');
  addObserveOptions(command)
    .addHelpText(
      'after',
      `
A holder whose lease has run out is told from one that leads by the API server's clock,
which dates what it stores; to a second, therefore.

Exit codes: ${EXIT.ok} somebody leads (or: no name was given); ${EXIT.nobodyLeads} nobody leads, or who does cannot be
told; ${EXIT.failed} the lock could not be read; ${EXIT.usage} wrong flags.`,
    )
    .action(async (name: string | undefined) => {
      const inputs = new Inputs(command);
      const options = readObserveOptions(inputs, name ?? null);
      inputs.done();
      const [{ status }, { drawableTerminal }] = await Promise.all([
        import('../observe/status.js'),
        import('../live-area.js'),
      ]);
      const { isTTY, columns } = process.stdout;
      const paper = {
        columns: isTTY && columns > 40 ? columns : null,
        inColour: drawableTerminal(process.stdout, process.env) !== null,
      };
      finish(await status(options, paper));
    });
}

function addWatch(root: Command, finish: Finish): void {
  const command = subcommand(
    root,
    'watch',
    'Who leads, and every change from now on: of one lock, or of all in a namespace.',
  ).argument('[name]', 'name of the lock (default: all of the namespace)');
  addObserveOptions(command)
    .addOption(
      flag('--interval <s>', 'seconds between two readings where watching is not allowed', {
        value: 1,
      }),
    )
    .addOption(flag('--for <s>', 'end after so many seconds', { words: 'at Ctrl-C' }))
    .addOption(flag('--inspect', 'serve a live page of it, too, for a browser'))
    .addHelpText(
      'after',
      `
Each change is told when the API server tells it. That takes the verb watch on the object, or
list and watch on all of the namespace; where it is missing, it reads every --interval.

On a terminal it draws how things stand; elsewhere, and with NO_COLOR, it prints a line for
each change; with --json, an object on a line. With --inspect it also serves a page that
draws the terms of each candidate that the cluster knows of, of any library. Nothing is
installed in the pods; Events and pods are shown where they may be watched.

Exit codes: ${EXIT.ok} ended by a signal or --for; ${EXIT.failed} the first reading failed; ${EXIT.usage} wrong flags.`,
    )
    .action(async (name: string | undefined) => {
      const inputs = new Inputs(command);
      const common = readObserveOptions(inputs, name ?? null);
      const intervalSeconds = inputs.seconds('interval', 0.1);
      const forSeconds = inputs.text('for') === null ? null : inputs.seconds('for');
      inputs.done();
      const [{ watch }, { drawableTerminal }] = await Promise.all([
        import('../observe/watch.js'),
        import('../live-area.js'),
      ]);
      const terminal = common.json ? null : drawableTerminal(process.stdout, process.env);
      const inspect = inputs.isOn('inspect');
      finish(await watch({ common, intervalSeconds, forSeconds, terminal, inspect }));
    });
}
