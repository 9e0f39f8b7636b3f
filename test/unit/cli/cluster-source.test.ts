import { describe, expect, it } from 'vitest';
import { ClusterSource } from '../../../src/cli/observe/inspect/cluster-source.js';
import { ownWordOf } from '../../../src/cli/observe/inspect/lock-events.js';
import { isPodOf, podFor, podOf, type Pod } from '../../../src/cli/observe/inspect/pods.js';
import { judge } from '../../../src/cli/observe/judge.js';
import { sightOf } from '../../../src/cli/observe/read-locks.js';
import { LockError } from '../../../src/errors/index.js';
import { Collector } from '../../../src/inspect/collector.js';
import { headlines } from '../../../src/inspect/page/headline.js';
import { History } from '../../../src/inspect/page/history.js';
import { newsRows } from '../../../src/inspect/page/news.js';

const START_MS = Date.parse('2026-01-02T03:04:05Z');
const UUID = '0b5c5d0e-8d3b-4a5e-b0bd-8a2d6d1d2f1e';

/** A lock, the source that looks at it and the page that hears of it, by one clock. */
class Stage {
  t = 0;
  readonly page = new History();
  readonly source: ClusterSource;
  readonly #collector: Collector;
  readonly #place = { kind: 'lease', namespace: 'default', name: 'report' } as const;

  constructor() {
    const now = (): number => this.t;
    this.#collector = new Collector(now);
    this.#collector.listen((report) => {
      this.page.apply(this.#collector.message([report]));
    });
    this.source = new ClusterSource({ sink: this.#collector, leaseDurationMs: 15_000, now });
  }

  /** @param renewedAgoMs when the holder has renewed, by the API server's clock */
  see(holderIdentity: string | null, leaseTransitions = 0, renewedAgoMs = 0): void {
    const iso = (ms: number): string => new Date(ms).toISOString();
    const renewedAt = START_MS + this.t - renewedAgoMs;
    const spec = {
      holderIdentity,
      leaseDurationSeconds: 15,
      leaseTransitions,
      acquireTime: iso(START_MS - 60_000 - leaseTransitions),
      renewTime: iso(renewedAt),
    };
    const managedFields = [{ time: iso(renewedAt), fieldsV1: { 'f:spec': { 'f:renewTime': {} } } }];
    const object = holderIdentity === null ? null : { metadata: { managedFields }, spec };
    const nowMs = START_MS + this.t;
    const sight = sightOf(this.#place, object, nowMs);
    const judgement = judge({ sight, leaseDurationMs: 15_000, nowMs });
    this.source.see({ place: this.#place, judgement });
  }

  hear(message: string, isNew = true): void {
    const involvedObject = { kind: 'Lease', namespace: 'default', name: 'report' };
    const word = ownWordOf({ metadata: {}, message, involvedObject });
    if (word === null) throw new Error('This is no word of a candidate');
    this.source.hear(word, isNew);
  }

  pods(...pods: Pod[]): void {
    this.source.seePods(new Map(pods.map((pod) => [pod.name, pod])));
  }

  get headline(): string {
    return headlines(this.page.candidates, this.t)
      .map(({ mood, text }) => `${mood}: ${text}`)
      .join();
  }

  get roles(): string[] {
    return this.page.candidates
      .filter(({ goneAt }) => goneAt === null)
      .map(({ info, steps }) => `${info.identity} ${steps.at(-1)?.view.state}`);
  }

  get news(): string[] {
    return newsRows(this.page.steps).flatMap(({ step, lines }) =>
      lines.map(({ text }) => `${this.page.candidate(step.candidate)?.info.name}: ${text}`),
    );
  }

  says(identity: string): string | undefined {
    const one = this.page.candidates.find(({ info }) => info.identity === identity);
    return one?.steps.at(-1)?.view.says;
  }
}

describe('what the cluster tells the page of a lock', () => {
  it('is who holds it, since when, and each renewal', () => {
    const stage = new Stage();
    stage.see('ann', 3);
    expect(stage.headline).toBe('good: ann leads for 60 s; renewed 0.0 s ago');
    for (stage.t = 2000; stage.t <= 6000; stage.t += 2000) stage.see('ann', 3);
    stage.t = 7500;
    expect(stage.headline).toBe('good: ann leads for 67 s; renewed 1.5 s ago');
    expect(stage.news).toEqual([
      'ann: Holds the lock, transitions 3',
      'ann: 3 times: The lease was renewed',
    ]);
    const [candidate] = stage.page.candidates;
    const view = candidate?.steps.at(-1)?.view;
    expect(candidate?.info).toMatchObject({
      source: 'cluster',
      pid: 0,
      lock: 'Lease default/report',
    });
    expect(view).toMatchObject({ active: [], leads: true, waits: [], version: null });
    expect(view?.rings).toEqual([{ delay: 'leaseDuration', totalMs: 15_000, remainingMs: 15_000 }]);
  });

  it('is nothing at all when it is seen again unchanged', () => {
    const stage = new Stage();
    stage.see('ann');
    const { length } = stage.page.steps;
    stage.t = 250;
    stage.see('ann', 0, 250);
    expect(stage.page.steps).toHaveLength(length);
  });

  it('is a hand-over: a release, and who takes it', () => {
    const stage = new Stage();
    stage.see('ann', 3);
    stage.t = 1000;
    stage.see('', 3);
    stage.t = 2000;
    expect(stage.headline).toBe('change: Nobody leads for 1.0 s; ann: it has given the lock back');
    stage.see('ben', 4);
    expect(stage.headline).toMatch(/^good: ben leads for /);
    expect(stage.roles).toEqual(['ann released', 'ben holds']);
    expect(stage.news.slice(1)).toEqual([
      'ann: The lock was given back',
      'ben: Holds the lock now, transitions 4',
    ]);
  });

  it('is a crash: the lease runs out, then another takes it', () => {
    const stage = new Stage();
    stage.see('ann');
    stage.t = 15_500;
    // The page sees that, whether or not anybody has looked.
    expect(stage.headline).toBe('warning: Nobody leads for 0.5 s; ann: its lease has run out');
    stage.t = 16_500;
    stage.see('ann', 0, 16_500);
    stage.see('ann', 0, 16_500);
    stage.t = 18_000;
    stage.see('ben', 1);
    expect(stage.roles).toEqual(['ann replaced', 'ben holds']);
    expect(stage.news.slice(1)).toEqual([
      'ann: Its lease has run out, and nobody has taken over',
      'ann: Another holds the lock now: ben',
      'ben: Holds the lock now, transitions 1',
    ]);
    expect(stage.says('ann')).toBe('Held the lock before ben.');
  });

  it('is that the object went away', () => {
    const stage = new Stage();
    stage.see('ann');
    stage.t = 1000;
    stage.see(null);
    expect(stage.roles).toEqual(['ann unheld']);
    expect(stage.headline).toMatch(/^warning: Nobody leads for .*: its record is not in the lock/);
  });

  it('is not known while the API server does not answer, and the page says so', () => {
    const stage = new Stage();
    stage.see('ann');
    stage.t = 4000;
    stage.source.lose(new LockError('Lease default/report: no answer', { kind: 'timeout' }));
    stage.t = 9000;
    expect(stage.headline).toBe(
      'warning: Who leads is not known: the API server does not answer (timeout)',
    );
    stage.see('ann');
    expect(stage.headline).toMatch(/^good: ann leads/);
    expect(stage.news.slice(1)).toEqual([
      'ann: The lock cannot be read: Lease default/report: no answer',
      'ann: The lock can be read again',
      'ann: The lease was renewed',
    ]);
  });

  it('never says who waits, or that nobody does', () => {
    const stage = new Stage();
    stage.see('ann');
    stage.t = 1000;
    const [leads] = headlines(stage.page.candidates, stage.t);
    expect(leads?.more).toBe('As the cluster tells it. Transitions 0.');
    stage.see('');
    const [free] = headlines(stage.page.candidates, stage.t);
    expect(free?.more).toContain('Who waits to take over, it does not tell.');
  });
});

describe('Events on the lock', () => {
  it('are told as the candidate’s own word, once they are new', () => {
    const stage = new Stage();
    stage.see('ann');
    stage.hear(`zoe_${UUID} became leader`, false);
    stage.hear('ann stopped leading');
    expect(stage.roles).toEqual(['ann holds', `zoe_${UUID} former`]);
    expect(stage.news.at(-1)).toBe('ann: Says in an Event: stopped leading');
    expect(stage.says(`zoe_${UUID}`)).toBe('Has led before, by an Event.');
  });

  it('and the record are remembered of a name without end as far as it is shown', () => {
    const stage = new Stage();
    const endless = 'x'.repeat(1_000_000);
    const involvedObject = { kind: 'Lease', namespace: 'default', name: 'report' };
    const word = ownWordOf({ message: `${endless} became leader`, involvedObject });
    expect(word?.identity).toHaveLength(300);
    stage.see(endless);
    stage.hear(`${endless} became leader`);
    expect(stage.roles).toEqual([`${word?.identity} holds`]);
  });

  it('that say something else, or of nothing, are none', () => {
    const involvedObject = { kind: 'Lease', namespace: 'default', name: 'report' };
    expect(ownWordOf({ message: 'ann fell asleep', involvedObject })).toBeNull();
    expect(ownWordOf({ message: 'ann became leader' })).toBeNull();
    expect(ownWordOf({ involvedObject })).toBeNull();
    const nameless = { ...involvedObject, name: 'x'.repeat(1_000_000) };
    expect(ownWordOf({ message: 'ann became leader', involvedObject: nameless })).toBeNull();
  });
});

describe('pods', () => {
  const pod = (name: string, phase = 'Running', controller: string | null = 'set-1'): Pod => ({
    name,
    phase,
    controller,
  });

  it('of the holder and beside it are shown, and no others', () => {
    const stage = new Stage();
    stage.pods(pod('web-0'), pod('web-1', 'Pending'), pod('db-0', 'Running', 'set-2'));
    stage.see(`web-0_${UUID}`);
    expect(stage.roles).toEqual([`web-0_${UUID} holds`, 'web-1 pod']);
    expect(stage.says(`web-0_${UUID}`)).toBe('Holds the lock. Its pod: Running.');
    expect(stage.says('web-1')).toBe(
      'A pod beside that of the holder: Pending. Whether it competes, the cluster does not tell.',
    );
  });

  it('become the candidates that they are', () => {
    const stage = new Stage();
    stage.pods(pod('web-0'), pod('web-1'));
    stage.see(`web-0_${UUID}`);
    stage.see(`web-1_${UUID}`, 1);
    expect(stage.roles).toEqual([`web-0_${UUID} replaced`, `web-1_${UUID} holds`]);
    stage.pods(pod('web-1', 'Terminating'));
    expect(stage.says(`web-0_${UUID}`)).toContain('Its pod is gone.');
    expect(stage.says(`web-1_${UUID}`)).toContain('Its pod: Terminating.');
  });

  it('that go before they were heard of go from the page', () => {
    const stage = new Stage();
    stage.pods(pod('web-0'), pod('web-1'));
    stage.see('web-0');
    stage.pods(pod('web-0'));
    expect(stage.roles).toEqual(['web-0 holds']);
  });

  it('of one controller are shown as far as there is room, and then nothing comes and goes', () => {
    const stage = new Stage();
    const all = Array.from({ length: 120 }, (_, index) => pod(`web-${index}`));
    stage.hear('gone-1 became leader');
    stage.see(`web-0_${UUID}`);
    stage.pods(...all);
    expect(stage.roles).toHaveLength(50);
    expect(stage.roles).not.toContain('gone-1 former');
    const { length } = stage.page.steps;
    stage.pods(...all);
    expect(stage.page.steps).toHaveLength(length);
    stage.see(`web-119_${UUID}`, 1);
    expect(stage.roles).toHaveLength(50);
    expect(stage.roles.at(-1)).toBe(`web-119_${UUID} holds`);
  });

  it('are known by their names alone', () => {
    expect(isPodOf(`web-1_${UUID}`, 'web-1')).toBe(true);
    expect(isPodOf('web-1', 'web-1')).toBe(true);
    expect(isPodOf('web-10', 'web-1')).toBe(false);
    const pods = new Map([['web-1', pod('web-1')]]);
    const found = ['web-1', `web-1_${UUID}`, 'web-10', '_'].map((one) => podFor(one, pods)?.name);
    expect(found).toEqual(['web-1', 'web-1', undefined, undefined]);
    const owner = { uid: 'u', controller: true };
    const metadata = { name: 'web-1', ownerReferences: [{ uid: 'x' }, owner] };
    const running = podOf({ metadata, status: { phase: 'Running' } });
    expect(running).toEqual({ name: 'web-1', phase: 'Running', controller: 'u' });
    const going = podOf({ metadata: { ...metadata, deletionTimestamp: '2026-01-02T03:04:05Z' } });
    expect(going?.phase).toBe('Terminating');
  });
});

it('tells each lock what was said of it before it was seen', () => {
  const stage = new Stage();
  stage.hear('zoe became leader', false);
  const elsewhere = ownWordOf({
    message: 'eve became leader',
    involvedObject: { kind: 'Lease', namespace: 'default', name: 'other' },
  });
  for (let count = 0; count < 2000; count += 1) {
    if (elsewhere !== null) stage.source.hear(elsewhere, false);
  }
  stage.see('ann');
  expect(stage.roles).toEqual(['ann holds', 'zoe former']);
});

it('keeps no more than so many candidates of a lock', () => {
  const stage = new Stage();
  for (let count = 0; count < 200; count += 1) stage.see(`pod-${count}`, count);
  expect(stage.roles).toHaveLength(50);
  expect(stage.roles.at(-1)).toBe('pod-199 holds');
});
