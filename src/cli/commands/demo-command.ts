import type { Command } from 'commander';
import { LOCK_KIND_NAMES, LOCK_KINDS } from '../../lock/lock-kinds.js';
import { flag } from '../inputs.js';
import { addTimings, lockFlag } from '../options.js';
import { ROLES, type Program } from '../program.js';
import { DEMO_TIMINGS } from '../timings.js';
import { problemsOf } from '../unknown-flags.js';
import { subcommand, type Finish } from './subcommand.js';

export function addDemo(root: Command, program: Program, finish: Finish): void {
  const resources = LOCK_KIND_NAMES.map((kind) => LOCK_KINDS[kind].resource).join(' or ');
  const command = subcommand(
    root,
    'demo',
    'Shows an election: the leader is killed, another takes over, that one is stopped.',
  );
  command
    .addOption(flag('--candidates <n>', 'how many candidate processes, 2 to 9', { value: 3 }))
    .addOption(lockFlag());
  addTimings(command, DEMO_TIMINGS)
    .addOption(flag('--kubeconfig <file>', 'play on a real cluster'))
    .addOption(flag('--context <name>', 'a context of the kubeconfig: play on a real cluster'))
    .addOption(flag('-n, --namespace <name>', 'an existing namespace of that cluster'))
    .addOption(flag('--plain', 'plain lines instead of a live table'))
    .addOption(flag('--inspect', 'serve a live chart of every candidate, for a browser'))
    .addHelpText(
      'after',
      `
Without --kubeconfig or --context an API server inside this program is used. On a real cluster
the account needs get, create, update, watch and delete on ${resources}; the lock has
a new random name at each run and is deleted at the end.

Exit codes: 0 all went as it should; 1 something did not; 2 wrong flags;
130 and 143 after Ctrl-C and SIGTERM.`,
    )
    .action(async () => {
      const [{ parseDemoArgs }, { runDemo }, { UsageError }] = await Promise.all([
        import('../demo/args.js'),
        import('../demo/run-demo.js'),
        import('../connect.js'),
      ]);
      const parsed = parseDemoArgs(asArguments(command.opts()));
      const problems = [
        ...problemsOf(command),
        ...(parsed.kind === 'wrong' ? parsed.problems : []),
      ];
      if (problems.length > 0) throw new UsageError(problems.join('\n'));
      if (parsed.kind !== 'run') return;
      const candidateProgram = { script: program.script, args: [ROLES.demoCandidate] };
      finish(await runDemo(parsed.options, { candidateProgram }));
    });
}

/** As the demo's own parser takes them. */
function asArguments(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const name = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [name] : [`${name}=${String(value)}`];
  });
}
