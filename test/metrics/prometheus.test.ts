import { Counter, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ConfigError, LeaderElection, LockError } from '../../src/index.js';
import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import { MetricsText } from '../../src/metrics/text.js';
import { registerMetrics } from '../../src/prometheus.js';
import { InMemoryLockStore } from '../../src/testing/in-memory-lock.js';
import { settle, VirtualClock } from '../../src/testing/virtual-clock.js';
import { Candidate } from '../unit/election/support/candidate.js';
import { describeWithPromtool } from './support/describe-with-promtool.js';
import { promtool } from './support/promtool.js';

const PREFIX = 'k8s_leader_election_';

/** The samples of a text, by their names and labels other than the lock's. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      const labels = line.slice(0, at).replace(/,?name="[^"]*"/, '');
      return [labels.replace('{,', '{').replace('{}', ''), Number(line.slice(at + 1))];
    }),
  );
}

const textOf = async (registry: Registry): Promise<string> => registry.metrics();

/** A candidate whose metrics are registered, and written by the text of `run` as well. */
function measured(options?: ConstructorParameters<typeof Candidate>[0]) {
  const candidate = new Candidate(options);
  const register = new Registry();
  const unregister = registerMetrics(candidate.election, { register, name: 'lock' });
  const text = new MetricsText(candidate.election, 'lock');
  /** Both have to tell the same. */
  const read = async (): Promise<Map<string, number>> => {
    const samples = samplesOf(await textOf(register));
    const sorted = (map: Map<string, number>) =>
      [...map].map(([name, value]) => [
        name.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`),
        value,
      ]);
    expect(sorted(samplesOf(text.text())).sort()).toEqual(sorted(samples).sort());
    return samples;
  };
  return { candidate, register, unregister, read, text };
}

const refused = () => ({ ok: false, error: new LockError('x', { kind: 'serverError' }) }) as const;
const conflict = () => ({ ok: false, error: new LockError('x', { kind: 'conflict' }) }) as const;

describe('what Prometheus is told', () => {
  it('of a candidate that was not run yet: that it takes no part', async () => {
    const { read } = measured();
    const samples = await read();
    expect(samples.get('leader_election_master_status')).toBe(0);
    expect(samples.get(`${PREFIX}participating`)).toBe(0);
    expect(samples.has(`${PREFIX}lease_remaining_seconds`)).toBe(false);
    expect(samples.get(`${PREFIX}terms_ended_total{reason="deadline"}`)).toBe(0);
  });

  it('of a leader: what is left of its lease at the scrape, and how long a renewal took', async () => {
    const { candidate, read } = measured();
    await candidate.renews();
    await candidate.clock.advance(300);
    await candidate.lock.commit();
    await candidate.clock.advance(700);
    const samples = await read();
    expect(samples.get('leader_election_master_status')).toBe(1);
    expect(samples.get('leader_election_slowpath_total')).toBe(0);
    expect(samples.get(`${PREFIX}terms_total`)).toBe(1);
    expect(samples.get(`${PREFIX}lease_remaining_seconds`)).toBe(9);
    expect(samples.get(`${PREFIX}last_answer_age_seconds`)).toBe(0.7);
    expect(samples.get(`${PREFIX}renewal_duration_seconds_count`)).toBe(1);
    expect(samples.get(`${PREFIX}renewal_duration_seconds_sum`)).toBeCloseTo(0.3);
    expect(samples.get(`${PREFIX}renewal_duration_seconds_bucket{le="0.25"}`)).toBe(0);
    expect(samples.get(`${PREFIX}renewal_duration_seconds_bucket{le="0.5"}`)).toBe(1);
    // It was free when it was first seen: nobody can tell for how long.
    expect(samples.get(`${PREFIX}takeover_duration_seconds_count`)).toBe(0);
  });

  it('of one whose renewal failed at first: the failure, and the slow path', async () => {
    const { candidate, read } = measured();
    const held = await candidate.leads();
    await candidate.clock.advance(2_000);
    await candidate.answer('update', refused());
    await candidate.clock.advance(200);
    await candidate.answer('get', candidate.lock.ok(held.record));
    await candidate.lock.commit();
    const samples = await read();
    expect(samples.get(`${PREFIX}failures_total{during="renew",kind="serverError"}`)).toBe(1);
    expect(samples.get('leader_election_slowpath_total')).toBe(1);
    expect(samples.get(`${PREFIX}lease_remaining_seconds`)).toBe(10);
    await candidate.clock.advance(2_000);
    await candidate.lock.commit();
    expect((await read()).get('leader_election_slowpath_total')).toBe(1);
  });

  it('of a leader past its deadline, before any timer has fired: that it leads no more', async () => {
    const { candidate, read } = measured();
    await candidate.leads();
    candidate.clock.freeze(10_000);
    const samples = await read();
    expect(samples.get('leader_election_master_status')).toBe(0);
    expect(samples.has(`${PREFIX}lease_remaining_seconds`)).toBe(false);
    expect(samples.get(`${PREFIX}terms_ended_total{reason="deadline"}`)).toBe(1);
    await candidate.finishWork();
    expect((await read()).get(`${PREFIX}participating`)).toBe(0);
  });

  it('of a follower: that it waits and watches, and when it last heard of the lock', async () => {
    const { candidate, read } = measured({ watched: true });
    await candidate.waits();
    await candidate.lock.watching.opened();
    await candidate.clock.advance(3_000);
    const waiting = await read();
    expect(waiting.get('leader_election_master_status')).toBe(0);
    expect(waiting.get(`${PREFIX}participating`)).toBe(1);
    expect(waiting.get(`${PREFIX}watching`)).toBe(1);
    expect(waiting.get(`${PREFIX}last_answer_age_seconds`)).toBe(3);
  });

  it('counts a race that was lost apart from failures', async () => {
    const { candidate, read } = measured();
    const claim = await candidate.claims();
    await claim.answer(conflict());
    const samples = await read();
    expect(samples.get(`${PREFIX}lost_races_total`)).toBe(1);
    expect([...samples.keys()].filter((name) => name.includes('failures_total{during'))).toEqual(
      [],
    );
  });
});

function inMemory(names: readonly string[]) {
  const clock = new VirtualClock();
  const store = new InMemoryLockStore();
  const elections = names.map(
    (name) =>
      new LeaderElection({ lock: store.lock(name), clock, logger: false, onStartedLeading: null }),
  );
  return { clock, elections };
}

describe('a takeover', () => {
  it('is measured from the last renewal of the leader that died', async () => {
    const { clock, elections } = inMemory(['a', 'b']);
    const [first, second] = elections;
    const register = new Registry();
    registerMetrics(second!, { register });
    void first!.run().catch(() => undefined);
    await clock.advance(100);
    void second!.run();
    await clock.advance(8_000);
    first!.actor.stop();
    await clock.advance(30_000);
    const samples = samplesOf(await register.metrics());
    expect(samples.get('leader_election_master_status')).toBe(1);
    expect(samples.get(`${PREFIX}takeover_duration_seconds_count`)).toBe(1);
    expect(samples.get(`${PREFIX}takeover_duration_seconds_bucket{le="10"}`)).toBe(0);
    expect(samples.get(`${PREFIX}takeover_duration_seconds_bucket{le="20"}`)).toBe(1);
    expect(samples.get(`${PREFIX}transitions`)).toBe(1);
    await second!.stop();
  });
});

describe('a registry', () => {
  it('has many elections, and each of them until it is taken out', async () => {
    const register = new Registry();
    const removals = Array.from({ length: 50 }, (_, index) => {
      const { elections } = inMemory(['a']);
      return registerMetrics(elections[0]!, { register, name: `lock-${index}` });
    });
    const status = await register.getSingleMetricAsString('leader_election_master_status');
    expect(status.match(/ 0$/gm)).toHaveLength(50);
    removals[7]!();
    removals[7]!();
    const left = await register.metrics();
    expect(left).not.toContain('"lock-7"');
    expect(left).toContain('"lock-8"');
    for (const remove of removals) remove();
    expect((await register.metrics()).trim()).toBe('');
  });

  it('refuses a second election of the same name, and the same one twice', () => {
    const register = new Registry();
    const [one, other] = inMemory(['a', 'b']).elections;
    registerMetrics(one!, { register });
    for (const election of [one!, other!]) {
      expect(() => registerMetrics(election, { register })).toThrow(
        /registerMetrics\(\): 1 problem\n {2}- name is taken.*received "InMemoryLock"/,
      );
    }
  });

  it('has room for the next election of a name when the one before is over', async () => {
    const register = new Registry();
    const { clock, elections } = inMemory(['a', 'b']);
    const [stopped, next] = elections;
    const forget = registerMetrics(stopped!, { register });
    void stopped!.run();
    await clock.advance(3_000);
    expect(() => registerMetrics(next!, { register })).toThrow(ConfigError);
    const over = stopped!.stop();
    await clock.advance(3_000);
    await over;

    registerMetrics(next!, { register });
    void next!.run();
    await clock.advance(3_000);
    forget();
    void stopped!.run();
    await clock.advance(3_000);
    const samples = samplesOf(await textOf(register));
    expect(samples.get(`${PREFIX}terms_total`)).toBe(1);
    expect(samples.get('leader_election_master_status')).toBe(1);
    for (const election of elections) {
      void election.stop();
      await clock.advance(3_000);
    }
  });

  it('that has a metric of somebody else by one of the names is left as it is', async () => {
    const register = new Registry();
    const name = `${PREFIX}overruns_total`;
    new Counter({ name, help: 'x', registers: [register] });
    const [election] = inMemory(['a']).elections;
    expect(() => registerMetrics(election!, { register })).toThrow(ConfigError);
    expect(register.getMetricsAsArray().map((metric) => metric.name)).toEqual([name]);
  });

  it('that was cleared meanwhile is filled again', async () => {
    const register = new Registry();
    const [one, other] = inMemory(['a', 'b']).elections;
    const forget = registerMetrics(one!, { register });
    register.clear();
    registerMetrics(other!, { register });
    forget();
    expect(await register.metrics()).toContain('leader_election_master_status{');
  });

  it('tells nothing of an election that was stopped, until it is run again', async () => {
    const { clock, elections } = inMemory(['a']);
    const register = new Registry();
    registerMetrics(elections[0]!, { register });
    void elections[0]!.run();
    await clock.advance(100);
    await elections[0]!.stop();
    expect(await register.metrics()).not.toContain('InMemoryLock');
    void elections[0]!.run();
    await settle();
    const samples = samplesOf(await register.metrics());
    expect(samples.get('leader_election_master_status')).toBe(1);
    expect(samples.get(`${PREFIX}terms_total`)).toBe(1);
    await elections[0]!.stop();
  });

  it.each([
    [{ registry: new Registry() }, /registry is not an option: did you mean register\?/],
    [{ register: {} }, /register must be a Registry of prom-client/],
    [{ register: Object.create(Registry.prototype) as Registry }, /register must be .* failed: /],
    [new Registry(), /options must be an object such as { register }/],
    [null, /options must be an object/],
    [{ name: '' }, /name must not be empty/],
  ])('is asked for in the right way: %j', (options, message) => {
    const [election] = inMemory(['a']).elections;
    const call = () => registerMetrics(election!, options as never);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }) as Error);
  });

  it.each([
    [undefined, /election must be a LeaderElection; received undefined/],
    [{ on: () => () => undefined, isLeader: () => true }, /LeaderElection \(its actor is none\)/],
  ])('is asked for with an election: %j', (election, message) => {
    const register = new Registry();
    expect(() => registerMetrics(election as never, { register })).toThrow(message);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('takes the name of the lock for its label, and the description of one without', async () => {
    const register = new Registry();
    const lock = Object.assign(new InMemoryLockStore().lock('a'), { name: 'data"proc\\essor\n' });
    const election = new LeaderElection({ lock, logger: false, onStartedLeading: null });
    registerMetrics(election, { register });
    const written = 'leader_election_master_status{name="data\\"proc\\\\essor\\n"} 0';
    expect(await register.metrics()).toContain(written);
    expect(new MetricsText(election, lock.name).text()).toContain(written);
  });
});

describe('the labels', () => {
  it('have few values, whatever a lock answers', async () => {
    const { candidate, register } = measured();
    await candidate.run();
    for (let i = 0; i < 20; i += 1) {
      const error = new LockError(`number ${i}`, { kind: `kind-${i}` as never });
      await candidate.answer('get', { ok: false, error });
      await candidate.clock.advance(10_000);
    }
    const text = await register.metrics();
    expect(text).toContain('failures_total{name="lock",during="acquire",kind="unknown"}');
    expect(text).not.toMatch(/kind-\d|number \d/);
  });
});

describeWithPromtool('promtool reads', (path) => {
  it('the text of a leader, a follower and one that was lost, from prom-client and from run', async () => {
    const leader = measured();
    await leader.candidate.renews();
    await leader.candidate.lock.commit();
    const follower = measured();
    await follower.candidate.waits();
    const lost = measured();
    await lost.candidate.leads();
    await lost.candidate.clock.advance(10_000);
    for (const { register, text } of [leader, follower, lost]) {
      for (const written of [await register.metrics(), text.text()]) {
        expect(await promtool(path, ['check', 'metrics'], written)).toEqual({ code: 0, text: '' });
        const shown = INSTRUMENTS.filter(({ name }) => written.includes(`# TYPE ${name} `));
        expect(shown.length).toBeGreaterThan(INSTRUMENTS.length - 3);
      }
    }
  });
});
