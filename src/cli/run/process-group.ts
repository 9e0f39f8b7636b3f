import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to every process of the group. False when there is none left. */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pgid, signal);
    return true;
  } catch (error) {
    // EPERM: somebody is there, and not ours (any more), such as a set-user-id program.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether a process of the group is still able to do anything. Those that have ended and are only
 * waited for do not count: in a container nobody may ever wait for them.
 */
export function groupIsAlive(pgid: number): boolean {
  if (!signalGroup(pgid, 0)) return false;
  const states = process.platform === 'linux' ? memberStates(pgid) : null;
  return states === null || states.some((state) => state !== 'Z' && state !== 'X');
}

/** The states of all processes in the group as Linux tells them; null where it does not. */
function memberStates(pgid: number): string[] | null {
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return null;
  }
  const states: string[] = [];
  for (const entry of entries) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(entry);
    // The name, in parentheses, may contain anything.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== undefined && Number(group) === pgid) states.push(state);
  }
  return states;
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Gone meanwhile.
    return '';
  }
}
