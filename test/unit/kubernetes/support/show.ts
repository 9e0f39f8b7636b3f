import { inspect } from 'node:util';

/** Everything that a log or a debugger could show of a value, hidden fields and causes included. */
export function everythingShown(value: unknown): string {
  const parts = [
    inspect(value, { depth: 20, showHidden: true }),
    JSON.stringify(value),
    String(value),
  ];
  for (let at = value; at instanceof Error; at = at.cause) {
    parts.push(at.message, at.stack ?? '', inspect(at, { depth: 20, showHidden: true }));
  }
  return parts.join('\n');
}
