import { eatMemory, HEARTBEAT_MS, report } from './in-pod.js';

// What `run` runs in a pod: as long as it lives it says that it is at work.

report({ event: 'leads' });
setInterval(() => report({ event: 'stillLeads' }), HEARTBEAT_MS);
process.on('SIGUSR2', eatMemory);
process.on('SIGTERM', () => {
  report({ event: 'leadsNoMore' });
  process.exit(0);
});
