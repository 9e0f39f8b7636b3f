import { randomUUID } from 'node:crypto';
import type { LockError } from '../../../errors/lock-error.js';
import { errorText, text } from '../../../inspect/redact.js';
import type { NewsView, ReportSink } from '../../../inspect/wire.js';
import type { Judgement } from '../judge.js';
import { KnownCandidate, type Look, type Role } from './known-candidate.js';
import type { OwnWord } from './lock-events.js';
import { isPodOf, type Pod, podFor } from './pods.js';

/** Of one lock. A pod that ends again and again leaves an identity behind each time. */
const CANDIDATES_KEPT = 50;

/** What has become of one lock since it was first looked at, told to the page as it happens. */
export class LockStory {
  readonly #lock: string;
  readonly #leaseDurationMs: number;
  readonly #sink: ReportSink;
  readonly #known = new Map<string, KnownCandidate>();
  #look: Look | null = null;
  #holder: KnownCandidate | null = null;
  #pods: ReadonlyMap<string, Pod> = new Map();

  /** @param lock as it is called on the page */
  constructor(lock: string, leaseDurationMs: number, sink: ReportSink) {
    this.#lock = lock;
    this.#leaseDurationMs = leaseDurationMs;
    this.#sink = sink;
  }

  /** Takes in how the lock stands. */
  see(judgement: Judgement, now: number): void {
    const before = this.#look;
    this.#look = { judgement, at: now };
    for (const one of this.#known.values()) this.#isSeen(one, now);
    const last = this.#holder;
    const holder = judgement.holder === null ? null : this.#candidate(judgement.holder, 'former');
    this.#holder = holder;
    if (last !== null && last !== holder) this.#end(last, judgement, now);
    if (holder === null) return;
    const role = judgement.standing === 'expired' ? 'lapsed' : 'holds';
    const isSame = last === holder && before !== null && isSameTerm(before.judgement, judgement);
    if (role === 'lapsed') {
      if (holder.role !== 'lapsed') this.#turn(holder, role, now, 'no renewal', { type: 'lapsed' });
    } else if (!isSame || holder.role !== 'holds') {
      const transitions = judgement.record?.leaderTransitions ?? 0;
      const news = before === null ? 'foundHolding' : 'tookLock';
      this.#turn(holder, role, now, 'the record', { type: news, details: { transitions } });
      this.#lookForPods(now);
    } else if (before.judgement.record?.renewTime !== judgement.record?.renewTime) {
      this.#tell(holder, now, 'the record', { type: 'renewed' });
    }
  }

  /** The lock could not be read, and is not watched. */
  lose(error: LockError, now: number): void {
    const { kind } = error;
    const one = this.#holder ?? [...this.#known.values()].at(-1);
    if (one === undefined) return;
    one.isOutOfSight = true;
    const details = { kind, error: errorText(error) };
    this.#tell(one, now, 'no answer', { type: 'sightFailed', details });
  }

  /** @param isNew it was said while we looked */
  hear({ identity, what }: OwnWord, isNew: boolean, now: number): void {
    const isKnown = this.#known.has(identity);
    const candidate = this.#candidate(identity, 'former');
    if (isNew) {
      this.#tell(candidate, now, 'an Event', { type: 'ownWord', details: { what } });
    } else if (!isKnown) this.#tell(candidate, now, 'an Event');
  }

  /** Takes in the pods that there are, those that have nothing to do with the lock included. */
  seePods(pods: ReadonlyMap<string, Pod>, now: number): void {
    this.#pods = pods;
    this.#lookForPods(now);
  }

  #lookForPods(now: number): void {
    for (const one of [...this.#known.values()]) {
      const pod = podFor(one.identity, this.#pods);
      const isSame = pod?.phase === one.pod?.phase && pod?.name === one.pod?.name;
      one.isPodGone = pod === null && (one.isPodGone || one.pod !== null);
      one.pod = pod;
      if (isSame) continue;
      if (pod === null && one.role === 'pod') {
        this.#drop(one);
        continue;
      }
      const details = { name: text(pod?.name ?? '', 80), phase: text(pod?.phase ?? '', 40) };
      this.#tell(one, now, 'its pod', { type: pod === null ? 'podGone' : 'pod', details });
    }
    const controller = this.#holder?.pod?.controller ?? null;
    if (controller !== null) this.#showBeside(controller, now);
  }

  /** The pods that were made by the same, as many as there is room for. */
  #showBeside(controller: string, now: number): void {
    const shown = new Set([...this.#known.values()].map(({ pod }) => pod?.name));
    for (const pod of this.#pods.values()) {
      if (pod.controller !== controller || shown.has(pod.name)) continue;
      if (this.#known.size >= CANDIDATES_KEPT && this.#leastBeside(null)?.pod !== null) return;
      const made = this.#candidate(pod.name, 'pod');
      made.pod = pod;
      this.#tell(made, now, 'a pod');
    }
  }

  #end(last: KnownCandidate, { holder, standing }: Judgement, now: number): void {
    if (holder !== null) {
      const news = { type: 'replaced', details: { identity: text(holder) } };
      this.#turn(last, 'replaced', now, 'the record', news);
    } else if (standing === 'released') {
      this.#turn(last, 'released', now, 'the record', { type: 'released' });
    } else this.#turn(last, 'unheld', now, 'the object', { type: 'unheld' });
  }

  #isSeen(one: KnownCandidate, now: number): void {
    if (!one.isOutOfSight) return;
    one.isOutOfSight = false;
    this.#tell(one, now, 'an answer', { type: 'sightBack' });
  }

  #turn(one: KnownCandidate, role: Role, now: number, eventText: string, news: News): void {
    one.role = role;
    this.#tell(one, now, eventText, news);
  }

  #tell(one: KnownCandidate, now: number, eventText: string, news?: News): void {
    if (this.#look === null) return;
    const told: NewsView[] = news === undefined ? [] : [{ details: {}, ...news }];
    this.#sink.report(one.step(this.#look, now, eventText, told));
  }

  /** The one of that name; the card of a pod becomes that of the candidate in it. */
  #candidate(named: string, role: Role): KnownCandidate {
    // Whoever may write the lock may name a holder without end. Nothing is kept that is not shown.
    const identity = text(named);
    const known = this.#known.get(identity);
    if (known !== undefined) return known;
    const inPod = [...this.#known.values()].find(
      (one) => one.role === 'pod' && isPodOf(identity, one.identity),
    );
    const made = inPod ?? new KnownCandidate(randomUUID(), this.#lock, identity, role);
    if (inPod !== undefined) {
      this.#known.delete(inPod.identity);
      inPod.identity = identity;
      inPod.role = role;
    }
    this.#known.set(identity, made);
    this.#sink.report(made.introduction(this.#leaseDurationMs));
    if (this.#known.size > CANDIDATES_KEPT) this.#drop(this.#leastBeside(made) ?? made);
    return made;
  }

  /** Who can be done without: the oldest that has no pod any more, or else the oldest. */
  #leastBeside(newest: KnownCandidate | null): KnownCandidate | undefined {
    const others = [...this.#known.values()].filter(
      (one) => one !== this.#holder && one !== newest,
    );
    return others.find(({ pod }) => pod === null) ?? others[0];
  }

  #drop(one: KnownCandidate): void {
    this.#known.delete(one.identity);
    this.#sink.report({ kind: 'gone', candidate: one.id });
  }
}

type News = Pick<NewsView, 'type'> & Partial<NewsView>;

function isSameTerm(before: Judgement, now: Judgement): boolean {
  return (
    before.holder === now.holder &&
    before.record?.acquireTime === now.record?.acquireTime &&
    before.record?.leaderTransitions === now.record?.leaderTransitions
  );
}
