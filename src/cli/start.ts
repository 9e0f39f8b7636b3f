import { inspect } from 'node:util';
import { printError } from './output.js';
import { ROLES } from './program.js';

/** What would keep a finished command from ending gets this long. */
const LINGER_MS = 1000;

/**
 * Begins as what the arguments say, and loads no more than that needs.
 *
 * @param script the file that was started, for processes that are to be started likewise
 */
export function start(script: string): void {
  const argv = process.argv.slice(2);
  play(argv, script).catch((error: unknown) => {
    // Everything foreseen has been reported by now, in sentences.
    printError(inspect(error));
    process.exit(1);
  });
}

async function play(argv: readonly string[], script: string): Promise<void> {
  switch (argv[0]) {
    case ROLES.guard:
      (await import('./run/guard.js')).runGuard();
      return;
    case ROLES.demoCandidate:
      (await import('./demo/candidate.js')).runCandidate(argv[1]);
      return;
    default: {
      const { main } = await import('./main.js');
      // Not exit(): what was written to a pipe may still be on its way.
      process.exitCode = await main(argv, { script });
      setTimeout(() => process.exit(), LINGER_MS).unref();
    }
  }
}
