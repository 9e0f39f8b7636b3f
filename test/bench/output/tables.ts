import type { ByLibrary } from '../world/bench.js';
import { LIBRARY_IDS, type LibraryId } from '../world/library-ids.js';

export const LIBRARY_NAMES: Readonly<Record<LibraryId, string>> = {
  own: 'this package',
  'client-go': 'client-go',
  python: 'Python client',
};

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** In the libraries' own order. */
export function entries<T>(by: ByLibrary<T>): [LibraryId, T][] {
  return LIBRARY_IDS.flatMap((id) => {
    const value = by[id];
    return value === undefined ? [] : [[id, value] as [LibraryId, T]];
  });
}
