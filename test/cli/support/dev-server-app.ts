import { LeaderElection, LeaseLock } from '../../../src/index.js';

// A service as its author writes it: no word of a kubeconfig, or of the namespace.

const [, , identity = ''] = process.argv;
const election = new LeaderElection({
  lock: new LeaseLock({ name: 'service', identity }),
  onStartedLeading: () => {
    console.log(`${identity} leads`);
  },
  onNewLeader: (leader) => {
    if (leader !== identity) console.log(`${identity} sees ${leader}`);
  },
  onLost: 'rejoin',
});
process.once('SIGTERM', () => void election.stop());
console.log(`${identity} is ${process.pid}`);
const { reason } = await election.run();
console.log(`${identity} ends: ${reason}`);
