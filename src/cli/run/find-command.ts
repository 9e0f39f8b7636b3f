import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type FoundCommand =
  | { readonly found: true }
  /** `notExecutable`: a file of that name is there. */
  | { readonly found: false; readonly why: 'notFound' | 'notExecutable' };

/** Looks where the system will look, so that a slip is told of now and not after an election. */
export function findCommand(name: string, path: string | undefined): FoundCommand {
  const places = name.includes('/')
    ? [name]
    : (path ?? '/usr/bin:/bin').split(delimiter).map((directory) => join(directory || '.', name));
  let isThere = false;
  for (const place of places) {
    try {
      if (!statSync(place).isFile()) continue;
      isThere = true;
      accessSync(place, constants.X_OK);
      return { found: true };
    } catch {
      // Not here, or not executable.
    }
  }
  return { found: false, why: isThere ? 'notExecutable' : 'notFound' };
}
