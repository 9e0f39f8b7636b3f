import { readFileSync } from 'node:fs';

/** How often it is looked whether the parent is still there: no event tells. */
const LOOK_EVERY_MS = 1000;

/** What is known of the processes above this one. Replaced in tests. */
export interface Ancestry {
  /** The parent's id: another one as soon as it is gone; 0 for the first process of a container. */
  readonly parent: () => number;
  /** The id of that process's parent; null where nobody can tell. */
  readonly parentOf: (pid: number) => number | null;
}

const realAncestry: Ancestry = {
  parent: () => process.ppid,
  parentOf: (pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name of the program, in parentheses, may hold spaces and parentheses itself.
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return null;
    }
  },
};

export interface ParentWatchOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly everyMs?: number;
  readonly ancestry?: Ancestry;
}

/**
 * Calls back once when the process that started this one is gone. npm and npx put a shell in
 * between, which dies of SIGTERM without a word and outlives a SIGKILL of theirs: under them, the
 * shell's parent counts as well. Keeps no process running. Returns how to stop looking.
 */
export function whenParentIsGone(
  gone: () => void,
  { env, everyMs = LOOK_EVERY_MS, ancestry = realAncestry }: ParentWatchOptions,
): () => void {
  const underNpm = env['npm_lifecycle_event'] !== undefined;
  const parent = ancestry.parent();
  // The first process of a container has none, and the first of all ends with everything.
  if (parent <= 1) return () => undefined;
  const grandparent = underNpm ? ancestry.parentOf(parent) : null;
  const isGone = (): boolean => {
    if (ancestry.parent() !== parent) return true;
    // That it cannot be told is no sign that it is gone.
    return grandparent !== null && (ancestry.parentOf(parent) ?? grandparent) !== grandparent;
  };
  const timer = setInterval(() => {
    if (!isGone()) return;
    clearInterval(timer);
    gone();
  }, everyMs).unref();
  return () => clearInterval(timer);
}
