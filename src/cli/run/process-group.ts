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
  const ids = processIds();
  if (ids.length === 0) return null;
  return ids
    .map(memberOf)
    .filter(({ state, group }) => state !== '' && group === pgid)
    .map(({ state }) => state);
}

/** Without any where they are not to be seen. */
function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

/** Of one that has gone meanwhile: no state, and no group. */
function memberOf(pid: string): { readonly state: string; readonly group: number } {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in parentheses, may contain anything.
  const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, group: Number(group) };
}

/**
 * The groups of all processes that were started with these variables, as Linux tells it; elsewhere, or where
 * it must not be read, none. Our own is not among them.
 */
export function groupsStartedWith(env: Readonly<Record<string, string>>): number[] {
  const marks = Object.entries(env).map(([name, value]) => `\0${name}=${value}\0`);
  // Without any, everybody would be meant.
  if (process.platform !== 'linux' || marks.length === 0) return [];
  const own = memberOf('self').group;
  const groups = processIds()
    .filter((id) => {
      const variables = `\0${read(`/proc/${id}/environ`)}`;
      return marks.every((mark) => variables.includes(mark));
    })
    .map((id) => memberOf(id).group);
  return [...new Set(groups)].filter((group) => group > 1 && group !== own);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone meanwhile.
    return '';
  }
}
