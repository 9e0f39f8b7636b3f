import { LeaderElection } from '../../../src/index.js';
import { inspectElection } from '../../../src/inspect.js';
import { InMemoryLockStore } from '../../../src/testing.js';
import { SHORT, untilAborted } from './candidates.js';

/**
 * A candidate that reports to a live chart on another machine. It tells on stdout, a line for each,
 * what its logger warns of and each of its renewals, and it ends with its standard input.
 */
const [report = '', token = '', identity = ''] = process.argv.slice(2);
const tell = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const nothing = (): void => undefined;
const election = new LeaderElection({
  lock: new InMemoryLockStore().lock(identity),
  ...SHORT,
  onStartedLeading: untilAborted,
  logger: {
    debug: nothing,
    info: nothing,
    warn: (_fields, warning) => tell({ warning }),
    error: (_fields, error) => tell({ error }),
  },
});
const connection = await inspectElection(election, { report, token, allowPlainHttp: true });
election.on('renewed', () => tell({ renewed: true }));
process.stdin.once('end', () => {
  void election.stop().then(() => connection.close());
});
process.stdin.resume();
await election.run();
