// The first use of the cluster, with the kubeconfig of the environment.
import { LeaseLock } from 'k8s-leader-election';

const answer = await new LeaseLock({ name: 'packed' }).get();
if (!answer.ok) {
  console.error(answer.error.message);
  process.exitCode = 1;
}
