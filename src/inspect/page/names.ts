/* Names that fit, and still differ. Knows no browser. */

/** On the cards, beside the terms and in sentences: everywhere the same. */
export const LONGEST_NAME = 18;

const SEPARATOR = /[-._/:]/;

/** What to call these candidates, by what they call themselves and by their identities. */
export function labels(
  infos: readonly { readonly name: string; readonly identity: string }[],
  most: number,
): Map<string, string> {
  const short = shortNames(
    infos.map(({ name }) => name),
    most,
  );
  return new Map([
    ...infos.map(({ name, identity }): [string, string] => [identity, short.get(name) ?? name]),
    ...short,
  ]);
}

/**
 * What to call each of these in at most `most` characters. Pods of one Deployment begin alike and
 * differ at the end, so the middle is left out; where that would make two the same, more is shown.
 */
export function shortNames(names: readonly string[], most: number): Map<string, string> {
  const whole = [...new Set(names)];
  const bare = withoutSuffix(whole);
  for (let room = most; ; room += 4) {
    const short = whole.map((name) => shortened(bare.get(name) ?? name, [...bare.values()], room));
    const areAllShown = whole.every((name) => (bare.get(name) ?? name).length <= room);
    if (new Set(short).size === whole.length || areAllShown) {
      return new Map(whole.map((name, index) => [name, short[index] ?? name]));
    }
  }
}

/** What makes an identity unique to a process, `pod_UUID`, says nothing where the pods differ. */
function withoutSuffix(names: readonly string[]): Map<string, string> {
  const bare = names.map((name) => name.replace(/(?<=.)_[\da-f]{4,}(-[\da-f]+)*$/i, ''));
  const areDifferent = new Set(bare).size === names.length;
  return new Map(names.map((name, index) => [name, areDifferent ? (bare[index] ?? name) : name]));
}

function shortened(name: string, all: readonly string[], most: number): string {
  if (name.length <= most) return name;
  const alike = sharedStart(all);
  // What differs begins soon after the start: both ends of it tell more than its middle.
  if (alike < most / 3) return middleCut(name, most);
  const rest = name.slice(alike);
  const room = most - 1 - Math.min(rest.length, Math.floor((most * 2) / 3));
  const start = name.slice(0, Math.max(1, room));
  return `${start}…${middleCut(rest, most - 1 - start.length)}`;
}

/** So many characters are the same in all of them; whole words, where there are any. */
function sharedStart(names: readonly string[]): number {
  const [first = '', ...others] = names;
  // One alone is called as it will be beside others.
  if (others.length === 0) return first.length - (/[^-._/:]{1,10}$/.exec(first)?.[0].length ?? 0);
  let alike = 0;
  while (alike < first.length && others.every((name) => name[alike] === first[alike])) alike += 1;
  for (let at = alike; at > 0; at -= 1) if (SEPARATOR.test(first[at - 1] ?? '')) return at;
  return alike;
}

/** Whole characters: half a surrogate pair is none. */
export function middleCut(name: string, most: number): string {
  const all = Array.from(name);
  if (all.length <= most) return name;
  const end = Math.ceil((most - 1) / 2);
  return `${all.slice(0, most - 1 - end).join('')}…${all.slice(all.length - end).join('')}`;
}

/** `ada, bob and eve`; of many the first few, and how many more. */
export function listed(names: readonly string[], word = 'and'): string {
  if (names.length > 4) return `${names.slice(0, 2).join(', ')} ${word} ${names.length - 2} others`;
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${word} ${last}`;
}
