import { HELP, parseDemoArgs } from './args.js';
import { print, printError } from '../output.js';
import { runDemo } from './run-demo.js';

const parsed = parseDemoArgs(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    print(HELP);
    break;
  case 'wrong':
    for (const problem of parsed.problems) printError(`demo: ${problem}`);
    process.exitCode = 2;
    break;
  case 'run':
    // Not exit(): what was written to a pipe may still be on its way.
    process.exitCode = await runDemo(parsed.options);
}
