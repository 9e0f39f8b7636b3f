import { HELP, parseDemoArgs } from './args.js';
import { runDemo } from './run-demo.js';

const parsed = parseDemoArgs(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    console.log(HELP);
    break;
  case 'wrong':
    for (const problem of parsed.problems) console.error(`demo: ${problem}`);
    process.exitCode = 2;
    break;
  case 'run':
    // Not exit(): what was written to a pipe may still be on its way.
    process.exitCode = await runDemo(parsed.options);
}
