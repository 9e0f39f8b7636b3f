import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

// What only computes gives way to what runs beside it in real time, as do the programs that it starts.
// Linux has a priority for each thread; elsewhere that of the process is all there is.
const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [0];
for (const thread of threads) {
  try {
    setPriority(thread, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended since it was listed, or this system does not allow it: then it only takes longer.
  }
}
