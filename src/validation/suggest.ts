/** The known name that was probably meant, or null when none is near. */
export function suggest(wrong: string, known: readonly string[]): string | null {
  const plainWrong = plain(wrong);
  let best: { name: string; distance: number } | null = null;
  for (const name of known) {
    const plainName = plain(name);
    const distance = distanceOf(plainWrong, plainName);
    if (best === null || distance < best.distance) best = { name, distance };
  }
  const tolerated = Math.ceil(plainWrong.length / 3);
  return best !== null && best.distance <= tolerated ? best.name : null;
}

const UNIT = /(?:[_-](?:ms|millis(?:econds)?|sec(?:ond)?s?)|Ms|Millis(?:econds)?|Sec(?:ond)?s?)$/;

/**
 * `lease_duration` and `leaseDuration` are the same slip for somebody who comes from Python, and so is
 * `leaseDurationMs` for who counts in milliseconds.
 */
function plain(name: string): string {
  const withoutUnit = name.replace(UNIT, '');
  return (withoutUnit || name).toLowerCase().replace(/[^a-z0-9]/g, '');
}

function distanceOf(wrong: string, name: string): number {
  if (wrong === name) return 0;
  // A name of which the end is missing is a near miss, too.
  const isPrefix = wrong.length >= 4 && (name.startsWith(wrong) || wrong.startsWith(name));
  return isPrefix ? 0.5 : editDistance(wrong, name);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const deletion = (previous[column] ?? 0) + 1;
      const insertion = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(substitution, deletion, insertion));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
