// A lock of the CommonJS copy serves an election of the ES module: what the election makes of its error.
import { createRequire } from 'node:module';
import {
  LeaderElection,
  LeaderElectionError,
  LeaseLock,
  LockError,
  NotLeaderError,
} from 'k8s-leader-election';

const common = createRequire(import.meta.url)('k8s-leader-election');
const { KubeConfig } = await import('@kubernetes/client-node');

const kubeConfig = new KubeConfig();
kubeConfig.loadFromClusterAndUser({ name: 'none', server: 'http://127.0.0.1:1' }, { name: 'none' });
const options = { name: 'packed', namespace: 'default', identity: 'a', kubeConfig };
const lock = new common.LeaseLock(options);
const election = new LeaderElection({ lock, onStartedLeading: null, logger: false });
const seen = await new Promise((resolve) => {
  election.on('acquireFailed', ({ error }) => resolve(error));
  void election.run();
});
await election.stop();

class Derived extends LockError {}
const { error: own } = await new LeaseLock(options).get();
console.log(
  JSON.stringify({
    twoCopies: common.LockError !== LockError && seen.constructor === common.LockError,
    kind: seen.kind,
    code: seen.code,
    is: [LockError, LeaderElectionError, common.LockError].map((type) => seen instanceof type),
    isNot: [NotLeaderError, Derived].map((type) => seen instanceof type),
    ownIs: [LockError, common.LockError].map((type) => own instanceof type),
  }),
);
