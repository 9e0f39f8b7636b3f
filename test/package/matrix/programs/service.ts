// A service as a process manager starts and stops it: it leads until it is asked to stop.
import { LeaderElection, LeaseLock } from 'k8s-leader-election';

const name = process.env['LOCK_NAME'] ?? 'service';

const election = new LeaderElection({
  lock: new LeaseLock({ name, namespace: 'production' }),
  onStartedLeading: (term) =>
    new Promise<void>((resolve) => {
      const end = (): void => {
        resolve();
      };
      term.signal.addEventListener('abort', end, { once: true });
    }),
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void election.stop());
}
void election.run();
