import type { LockError } from '../../errors/lock-error.js';
import { printable, shorten } from '../../text/printable.js';
import { LOCK_KINDS } from '../../lock/lock-kinds.js';
import { columns as sideBySide, inSeconds, wrap } from '../text.js';
import type { Judgement } from './judge.js';
import type { Place } from './read-locks.js';

/** What holders and objects are called by others is cut there; a name of Kubernetes has at most 253. */
const LONGEST_NAME = 253;
/** In a table, where one of them decides how wide all lines are: a host name and a UUID fit. */
const LONGEST_CELL = 100;

function shown(name: string, most = LONGEST_NAME): string {
  return printable(name, { most });
}

export function placeName({ kind, namespace, name }: Place): string {
  return `${LOCK_KINDS[kind].kind} ${shown(namespace)}/${shown(name)}`;
}

export function noLocks({ kind, namespace }: Omit<Place, 'name'>): string {
  const { plural, isForElections } = LOCK_KINDS[kind];
  const what = isForElections ? plural : `${plural} with an election`;
  return `There are no ${what} in namespace "${shown(namespace)}".`;
}

/** In one sentence, as `watch` prints it when something changes. */
export function sentence({ standing, holder, record, ageMs }: Judgement): string {
  const who = shown(holder ?? '');
  switch (standing) {
    case 'held':
      return `held by ${who}, transitions ${record?.leaderTransitions ?? 0}`;
    case 'expired':
      return `expired but still named: ${who}, last renewed ${ageMs === null ? 'an unknown time' : inSeconds(ageMs)} ago; nobody leads`;
    case 'released':
      return 'released; nobody leads';
    case 'empty':
      return 'no election record; nobody leads';
    case 'unreadable':
      return 'the record cannot be read; counts as held by an unknown holder';
    case 'missing':
      return 'there is no such object; nobody leads';
  }
}

/** Why changes are told late, and what to do about it. Without a name: of all in the namespace. */
export function withoutWatch(
  { kind, message }: Pick<LockError, 'kind' | 'message'>,
  place: Place,
  { intervalSeconds }: { readonly intervalSeconds: number },
): string {
  const all = place.name === '';
  const { resource } = LOCK_KINDS[place.kind];
  const meanwhile = `So it is read every ${intervalSeconds} s, and a change is told that much later`;
  if (kind !== 'forbidden') return `${message} ${meanwhile}, until a watch works again.`;
  const what = all ? `all ${resource} in namespace "${place.namespace}"` : placeName(place);
  return (
    `This account may not watch ${what} (the verb "watch" on ${resource} is missing). ` +
    `${meanwhile}.${all ? '' : ' The command check prints the rights to apply.'}`
  );
}

const BY: Record<NonNullable<Judgement['ageBy']>, string> = {
  apiServer: "by the API server's clock, to a second",
  observation: 'as seen from here',
  holder: "by the holder's clock only",
};

const HEADLINE: Record<Judgement['standing'], string> = {
  held: '',
  expired: '(expired but still named)',
  released: 'nobody (released)',
  empty: 'nobody (no election record)',
  unreadable: 'unknown (the record cannot be read)',
  missing: 'nobody (no such object)',
};

/** All there is to say of one lock. */
export function details(place: Place, judgement: Judgement, columns: number): string[] {
  const { holder, record, ageMs, ageBy, expiresInMs, standing } = judgement;
  const rows: (readonly [string, string])[] = [
    ['leader', [holder === null ? '' : shown(holder), HEADLINE[standing]].join(' ').trim()],
  ];
  if (holder !== null && record !== null) rows.push(['since', shown(record.acquireTime) || '-']);
  if (ageMs !== null && ageBy !== null) {
    rows.push([holder === null ? 'written' : 'renewed', `${inSeconds(ageMs)} ago, ${BY[ageBy]}`]);
  }
  if (expiresInMs !== null) rows.push(['expires', expiry(expiresInMs)]);
  if (record !== null) {
    if (holder !== null) rows.push(['lease', `${record.leaseDurationSeconds} s`]);
    rows.push(['transitions', String(record.leaderTransitions)]);
  }
  return [
    placeName(place),
    ...rows.map(([label, value]) => `  ${label.padEnd(12)}${value}`),
    ...judgement.hints.flatMap(({ text }) =>
      wrap(printable(text), columns - 4).map(
        (line, index) => `${index === 0 ? '  ! ' : '    '}${line}`,
      ),
    ),
  ];
}

function expiry(ms: number): string {
  return ms > 0 ? `in ${inSeconds(ms)} unless renewed` : `ran out ${inSeconds(-ms)} ago`;
}

const TITLES = ['NAME', 'LEADER', 'RENEWED', 'EXPIRES', 'TRANSITIONS', 'STANDING'] as const;

/** One line for each lock, under a line of titles. */
export function table(locks: readonly (readonly [Place, Judgement])[]): string[] {
  const rows = locks.map(([{ name }, judgement]) => {
    const { holder, record, ageMs, expiresInMs, standing } = judgement;
    return [
      shown(name, LONGEST_CELL),
      holder === null ? '-' : shown(holder, LONGEST_CELL),
      ageMs === null ? '-' : `${inSeconds(ageMs)} ago`,
      expiresInMs === null ? '-' : expiresInMs > 0 ? `in ${inSeconds(expiresInMs)}` : 'ran out',
      record === null ? '-' : String(record.leaderTransitions),
      standing,
    ];
  });
  return sideBySide([TITLES, ...rows]);
}

/** Of a text for scripts, which compare it with one of their own. */
const LONGEST_VALUE = 1000;

/** For scripts; durations in seconds. */
export function asJson(place: Place, judgement: Judgement): Record<string, unknown> {
  const { standing, record, ageMs, ageBy, expiresInMs, hints } = judgement;
  const cut = (text: string): string => shorten(text, LONGEST_VALUE);
  const holder = judgement.holder === null ? null : cut(judgement.holder);
  return {
    kind: LOCK_KINDS[place.kind].kind,
    namespace: cut(place.namespace),
    name: cut(place.name),
    standing,
    leader: standing === 'held' ? holder : null,
    holder,
    since: record === null || holder === null ? null : cut(record.acquireTime) || null,
    renewTime: cut(record?.renewTime ?? '') || null,
    renewedSecondsAgo: seconds(ageMs),
    renewedSecondsAgoBy: ageBy,
    expiresInSeconds: seconds(expiresInMs),
    leaseDurationSeconds: record?.leaseDurationSeconds ?? null,
    transitions: record?.leaderTransitions ?? null,
    hints,
  };
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Number((ms / 1000).toFixed(3));
}
