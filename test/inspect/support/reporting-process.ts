import { connectInspector } from '../../../src/inspect.js';
import { candidateOn, untilAborted } from './candidates.js';

/**
 * A candidate that reports to a live chart in another process, and ends when it is told to. Its work
 * takes a while to wind down, if it is given one in milliseconds.
 */
const [url = '', kubeConfig = '', name = '', windsDownMs = '0'] = process.argv.slice(2);
const election = candidateOn(kubeConfig, name, {
  onStartedLeading: async (term) => {
    await untilAborted(term);
    await new Promise((resolve) => setTimeout(resolve, Number(windsDownMs)));
  },
});
const connection = connectInspector({ url });
connection.attach(election);
process.once('message', () => {
  void election.stop().then(async () => {
    await connection.close();
    process.disconnect();
  });
});
void election.run();
