import { connectInspector } from '../../../src/inspect.js';
import { candidateOn } from './candidates.js';

/** A candidate that reports to a live chart in another process, and ends when it is told to. */
const [url = '', kubeConfig = '', name = ''] = process.argv.slice(2);
const election = candidateOn(kubeConfig, name);
const connection = connectInspector({ url });
connection.attach(election);
process.once('message', () => {
  void election.stop().then(async () => {
    await connection.close();
    process.disconnect();
  });
});
void election.run();
