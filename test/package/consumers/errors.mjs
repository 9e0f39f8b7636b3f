// What errors and locks are called, whatever the bundle has done to the names of their classes.
import { inspect } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock } from 'k8s-leader-election';

const seen = {};

function see(name, error) {
  seen[name] = { name: error.name, says: String(error).split('\n')[0].slice(0, 40) };
}

async function main() {
  try {
    new LeaseLock({ name: '' });
  } catch (error) {
    see('ConfigError', error);
  }
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'none', server: 'http://127.0.0.1:1' },
    { name: 'none' },
  );
  const lock = new LeaseLock({ name: 'packed', namespace: 'default', identity: 'a', kubeConfig });
  const answer = await lock.get();
  see('LockError', answer.error);
  const election = new LeaderElection({ lock, onStartedLeading: null, logger: false });
  await election.renewLoop().catch((error) => see('NotLeaderError', error));
  seen.lock = inspect(lock).slice(0, 12);
  console.log(JSON.stringify(seen));
}

void main();
