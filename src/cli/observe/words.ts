import type { LockError } from '../../errors/lock-error.js';
import { shortenMiddle } from '../../text/cells.js';
import { printable, shorten } from '../../text/printable.js';
import { LOCK_KINDS } from '../../lock/lock-kinds.js';
import type { Line } from '../style.js';
import { span, wrap } from '../text.js';
import type { Judgement } from './judge.js';
import type { Collection, Place } from './read-locks.js';

/** What holders and objects are called by others is cut there; a name of Kubernetes has at most 253. */
const LONGEST_NAME = 253;

export function shown(name: string): string {
  return printable(name, { most: LONGEST_NAME });
}

export function placeName({ kind, namespace, name }: Place): string {
  return `${LOCK_KINDS[kind].kind} ${shown(namespace)}/${shown(name)}`;
}

export function noLocks({ kind, namespace }: Collection): string {
  const { plural, isForElections } = LOCK_KINDS[kind];
  const what = isForElections ? plural : `${plural} with an election`;
  return `There are no ${what} in ${whereWords(namespace)}.`;
}

/** Where locks are looked for, in words. Null: everywhere. */
export function whereWords(namespace: string | null): string {
  return namespace === null ? 'any namespace' : `namespace "${shown(namespace)}"`;
}

/** Whoever has just begun to lead is not said to have led so long. */
const WORTH_A_WORD_MS = 10_000;

/**
 * In one sentence, as `watch` prints it when something changes.
 *
 * @param longestName columns that a name may take
 */
export function sentence(
  { standing, holder, record, ageMs, heldForMs }: Judgement,
  longestName = Infinity,
): string {
  const who = shortenMiddle(shown(holder ?? ''), longestName);
  switch (standing) {
    case 'held': {
      const since = heldForMs ?? 0;
      const long = since < WORTH_A_WORD_MS ? '' : `, leads for ${span(since)}`;
      return `held by ${who}, transitions ${record?.leaderTransitions ?? 0}${long}`;
    }
    case 'expired':
      return `expired but still named: ${who}, last renewed ${ageMs === null ? 'an unknown time' : span(ageMs)} ago; nobody leads`;
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

/** Why changes are told late, and what to do about it. */
export function withoutWatch(
  { kind, message }: Pick<LockError, 'kind' | 'message'>,
  place: Place | Collection,
  { intervalSeconds }: { readonly intervalSeconds: number },
): string {
  const { resource } = LOCK_KINDS[place.kind];
  const meanwhile = `So it is read every ${intervalSeconds} s, and a change is told that much later`;
  if (kind !== 'forbidden') return `${message} ${meanwhile}, until a watch works again.`;
  const isOne = 'name' in place;
  const what = isOne ? placeName(place) : `all ${resource} in ${whereWords(place.namespace)}`;
  return (
    `This account may not watch ${what} (the verb "watch" on ${resource} is missing). ` +
    `${meanwhile}.${isOne ? ' The command check prints the rights to apply.' : ''}`
  );
}

/** What is odd, broken into lines, with a mark before the first. */
export function warning(text: string, columns: number, indent = ''): Line[] {
  return wrap(printable(text), columns - indent.length - 2).map((line, index): Line => ({
    text: `${indent}${index === 0 ? '! ' : '  '}${line}`,
    style: 'yellow',
  }));
}

const LONGEST_VALUE = 1000;

/** A text for scripts, which compare it with one of their own: long before it is cut. */
export function valueOf(text: string): string {
  return shorten(text, LONGEST_VALUE);
}

/** For scripts; durations in seconds. */
export function asJson(place: Place, judgement: Judgement): Record<string, unknown> {
  const { standing, record, ageMs, ageBy, expiresInMs, heldForMs } = judgement;
  const holder = judgement.holder === null ? null : valueOf(judgement.holder);
  return {
    kind: LOCK_KINDS[place.kind].kind,
    namespace: valueOf(place.namespace),
    name: valueOf(place.name),
    standing,
    leader: standing === 'held' ? holder : null,
    holder,
    since: record === null || holder === null ? null : valueOf(record.acquireTime) || null,
    renewTime: valueOf(record?.renewTime ?? '') || null,
    renewedSecondsAgo: seconds(ageMs),
    renewedSecondsAgoBy: ageBy,
    expiresInSeconds: seconds(expiresInMs),
    leadsForSeconds: seconds(heldForMs),
    leaseDurationSeconds: record?.leaseDurationSeconds ?? null,
    transitions: record?.leaderTransitions ?? null,
    hints: judgement.hints.map(({ code, text }) => ({ code, text })),
  };
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Number((ms / 1000).toFixed(3));
}
