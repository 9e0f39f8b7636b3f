import type { Results, Scenarios, Update } from '../results.js';
import type { ByLibrary } from '../world/bench.js';
import type { Distribution } from '../statistics.js';
import { summarySection } from './summary.js';
import { entries, LIBRARY_NAMES, table } from './tables.js';
import { bytes, milliseconds, number, ratio } from './units.js';
import { weightSection } from './weight.js';

/** The page of the results. What was not measured is not on it, except in the notes. */
export function markdownOf(results: Results, plot: string | undefined): string {
  const { scenarios } = results;
  const notes = [...results.notes, ...(results.updates ?? []).flatMap((update) => update.notes)];
  const { handover, crash, steady, crowd, contention, cold, thousand, foreign } = scenarios;
  return [
    introduction(results),
    summarySection(results),
    plot === undefined ? '' : `![Times of takeovers, by library](./${plot})`,
    handover && handoverSection(handover),
    crash && crashSection(crash),
    cold && coldSection(cold),
    foreign && foreignSection(foreign),
    steady && steadySection(steady),
    crowd && crowdSection(crowd),
    contention && contentionSection(contention),
    thousand && thousandSection(thousand),
    scenarios.weight && weightSection(scenarios.weight),
    scenarios.import && importSection(scenarios.import),
    notes.length > 0 && `## Notes\n\n${notes.map((note) => `- ${note}`).join('\n')}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function introduction(results: Results): string {
  const { machine, versions, quick, startedAt, minutes, timings, updates = [] } = results;
  const versionList = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const { leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds } = timings;
  return `# Benchmarks

<!-- Written by npm run bench. Do not edit. -->

This package beside client-go and the Python client, in one run against one real API server. Candidates are
processes of their own. Where the last column says 1/54, that is a 54th of what client-go takes; 1.18 is more.
\`npm run bench\` repeats all of it and writes this page; [the data](./benchmarks.json) holds every sample.
${quick ? '\n**This was a quick run, with few rounds and short windows: not for figures to be quoted.**\n' : ''}
- ${startedAt.slice(0, 10)}, ${number(minutes)} minutes. ${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}; load before the run: ${machine.loadBefore}.
${updates.map((update) => `${updateLine(update, versions)}\n`).join('')}- ${versionList.join(', ')}.
- Timings: lease ${leaseDurationSeconds} s, renew deadline ${renewDeadlineSeconds} s, retry period ${retryPeriodSeconds} s, the defaults of all three.
- Server and candidates share the machine: the delays of a network are missing, for all alike. etcd runs without fsync.
- The candidates read the machine's monotonic clock when their work is started or told to end. Those of this package tell of it 0.1 s later: on few cores the telling would be a part of what is measured.`;
}

/** What was measured in another run than the rest, and by which other versions. */
function updateLine(update: Update, before: Results['versions']): string {
  const others = Object.entries(update.versions).filter(([name, is]) => before[name] !== is);
  const by = others.map(([name, version]) => `, ${name} ${version}`).join('');
  const what = update.scenarios.map((name) => MEASURED[name]).join(', ');
  return `- Measured by itself on ${update.startedAt.slice(0, 10)}${by}; load before: ${update.loadBefore}: ${what}.`;
}

const MEASURED: Readonly<Record<keyof Scenarios, string>> = {
  handover: 'clean hand-over',
  crash: 'crash',
  cold: 'cold start',
  foreign: 'a foreign holder',
  steady: 'steady state',
  crowd: 'a crowd',
  contention: 'contention',
  thousand: '1,000 elections in one process',
  weight: 'the weight of a candidate',
  import: 'import',
};

function handoverSection(results: NonNullable<Results['scenarios']['handover']>): string {
  const overlaps = entries(results).reduce((sum, [, { overlaps }]) => sum + overlaps, 0);
  return `## Clean hand-over

Three candidates. The leader gets SIGTERM. From when its work is told to end until the next leader's work
is started; the release lies in between. The Python client cannot be stopped and never releases: SIGTERM
ends its process, and the lease has to run out.

${distributions(mapped(results, ({ gapMs }) => gapMs))}

Rounds in which the new leader began before the old one had been told to end: ${overlaps}.`;
}

function crashSection(results: NonNullable<Results['scenarios']['crash']>): string {
  return `## Crash

Three candidates. The leader gets SIGKILL at a random moment. The others cannot know of it before its
lease has run out, a lease duration after its last renewal was stored. What goes beyond that is up to the library:

${distributions(mapped(results, ({ excessMs }) => excessMs))}

From the SIGKILL until the next leader's work is started:

${distributions(mapped(results, ({ takeoverMs }) => takeoverMs))}`;
}

function coldSection(results: NonNullable<Results['scenarios']['cold']>): string {
  return `## Cold start

Every candidate was killed, and nobody has renewed for 60 s. Three new processes start. From when the
first election has begun, its library loaded, until there is a leader:

${distributions(mapped(results, ({ fromElectionMs }) => fromElectionMs))}

From when the first process was spawned, three at a time on this machine's cores:

${distributions(mapped(results, ({ fromSpawnMs }) => fromSpawnMs))}`;
}

function foreignSection(results: NonNullable<Results['scenarios']['foreign']>): string {
  return `## A foreign holder

Somebody writes another name over the leader's lease. From just before that write is sent until the
leader knows that it is none: \`isLeader()\` is false here, the work's context has ended in client-go,
\`onstopped_leading\` is called in Python.

${distributions(mapped(results, ({ untilOverMs }) => untilOverMs))}`;
}

function steadySection(results: NonNullable<Results['scenarios']['steady']>): string {
  const reference = results['client-go']?.loads[0]?.net.requests;
  const rows = entries(results).flatMap(([id, { loads }]) =>
    loads.map(({ net, leader, waitingProcess }) => [
      LIBRARY_NAMES[id],
      number(net.requests),
      ratio(net.requests, reference),
      verbs(net.requestsByVerb),
      number(net.watchEvents),
      `${number(leader.cpuMsPerSecond)} / ${number(waitingProcess.cpuMsPerSecond)}`,
      `${bytes(leader.residentBytes)} / ${bytes(waitingProcess.residentBytes)}`,
    ]),
  );
  const head = ['library', 'requests/s', 'to client-go', 'by verb', 'watch events/s'];
  return `## Steady state

Three candidates, nothing happens. Requests and watch events for leases are counted by the API server,
whose own are subtracted. CPU (ms per second) and resident memory: of the leader / of one that waits.

${table([...head, 'CPU', 'memory'], rows)}`;
}

function crowdSection(results: NonNullable<Results['scenarios']['crowd']>): string {
  const reference = (waiting: number): number | undefined =>
    results['client-go']?.loads.find((load) => load.waiting === waiting)?.net.apiServerCpuMs;
  const rows = entries(results).flatMap(([id, { idle, loads }]) =>
    loads.map(({ waiting, net, waitingProcess, processes }) => [
      String(waiting),
      LIBRARY_NAMES[id],
      `${number(net.apiServerCpuMs)} (${number(idle.apiServerCpuMs)})`,
      ratio(net.apiServerCpuMs, reference(waiting)),
      `${number(net.etcdCpuMs)} (${number(idle.etcdCpuMs)})`,
      number(net.requests),
      number(net.watchEvents),
      `${number(waitingProcess.cpuMsPerSecond)}, ${bytes(waitingProcess.residentBytes)}, ${processes - 1}`,
    ]),
  );
  rows.sort((a, b) => Number(a[0]) - Number(b[0]));
  const [api, etcd] = ['API server, CPU ms/s', 'etcd, CPU ms/s'];
  const more = ['requests/s', 'watch events/s', 'a waiting process: CPU ms/s, memory, how many'];
  const growth = entries(results).flatMap(([id, { loads }]) => {
    const [first, last] = [loads[0], loads.at(-1)];
    if (first === undefined || last === undefined || first === last) return [];
    const each = (last.net.requests - first.net.requests) / (last.waiting - first.waiting);
    return [`${LIBRARY_NAMES[id]} ${number(each)}`];
  });
  return `## A crowd

A leader, and candidates that wait. CPU of API server and etcd is what they use beyond their use without any
candidate, which stands in brackets; both vary by a few ms/s. From 50 on, a process holds 50 waiting
candidates, which share connections in this package and in client-go, and are threads in Python.

${table(['waiting', 'library', api, 'to client-go', etcd, ...more], rows)}

Requests per second that each further waiting candidate adds: ${growth.join(', ')}.`;
}

function contentionSection(results: NonNullable<Results['scenarios']['contention']>): string {
  const count = Math.max(...entries(results).map(([, { handovers }]) => handovers.length));
  const rows = entries(results).flatMap(([id, { handovers }]) => [
    [LIBRARY_NAMES[id], 'new leader', ...handovers.map(({ gapMs }) => milliseconds(gapMs))],
    ['', 'conflicts', ...handovers.map(({ conflicts }) => String(conflicts))],
  ]);
  const rounds = Array.from({ length: count }, (_, i) => `${i + 1}.`);
  const worst = entries(results).map(([id, { handovers }]) => {
    const late = handovers.slice(2);
    const gap = milliseconds(Math.max(...late.map(({ gapMs }) => gapMs)));
    const conflicts = Math.max(...late.map((one) => one.conflicts));
    return `${LIBRARY_NAMES[id]} ${gap}, ${conflicts} ${conflicts === 1 ? 'conflict' : 'conflicts'}`;
  });
  return `## Contention

200 candidates wait, 50 to a process, and the leader lets go and joins them again, several times in a row.
The time until the new leader's work is started, and the writes that the API server answered with 409.
The Python client is absent, since it never releases. In this package the candidates of one process try
one after another, so that most hear of the first in time. Of 200 in processes of their own about two
thirds would write, the first time.

${table(['library', '', ...rounds], rows)}

The worst from the third on: ${worst.join('; ')}.`;
}

function thousandSection(results: NonNullable<Results['scenarios']['thousand']>): string {
  const head = [
    'library',
    'memory each',
    'connections',
    'requests/s',
    'CPU ms/s',
    'API server CPU ms/s',
  ];
  const rows = entries(results).map(([id, one]) => [
    LIBRARY_NAMES[id],
    bytes(one.bytesEach),
    String(one.connections),
    number(one.requestsPerSecond),
    number(one.cpuMsPerSecond),
    number(one.apiServerCpuMsPerSecond),
    bytes(one.residentBytes),
    milliseconds(one.allLeadMs),
    one.loopP99Ms === undefined
      ? '-'
      : `${milliseconds(one.loopP99Ms)} / ${milliseconds(one.loopMaxMs ?? Number.NaN)}`,
    String(one.lost),
  ]);
  const more = ['resident', 'until all led', 'event-loop delay, p99 / worst', 'terms lost'];
  return `## 1,000 elections in one process

Each has a lease of its own and leads; the user may list leases. Memory each is what the heap, after a
collection, grows by with each election, in Go with the goroutines' stacks. The delay of the event loop is
that of a timer of 1 ms, its millisecond included.

${table([...head, ...more], rows)}`;
}

function importSection(imports: NonNullable<Results['scenarios']['import']>): string {
  const names = {
    clientNode: 'client-node',
    ownOverClientNode: 'this package, after client-node',
    ownAlone: 'this package alone',
  };
  const rows = (Object.keys(names) as (keyof typeof names)[]).map((key) => {
    const { ms, residentMegabytes, heapMegabytes } = imports[key];
    return [
      names[key],
      milliseconds(ms.median),
      milliseconds(ms.max),
      `${number(residentMegabytes.median)} MB`,
      `${number(heapMegabytes.median)} MB`,
      String(ms.rounds),
    ];
  });
  return `## Import

In fresh Node processes, with files in the page cache. Memory is what the process, at its height, and its
heap grew by, as medians. The garbage of one import is collected before the next.

${table(['what', 'median', 'worst', 'resident', 'heap', 'rounds'], rows)}`;
}

function distributions(by: ByLibrary<Distribution>): string {
  const reference = by['client-go']?.median;
  const rows = entries(by).map(([id, { median, min, max, rounds }]) => [
    LIBRARY_NAMES[id],
    milliseconds(median),
    ratio(median, reference),
    milliseconds(min),
    milliseconds(max),
    String(rounds),
  ]);
  return table(['library', 'median', 'to client-go', 'best', 'worst', 'rounds'], rows);
}

function verbs(requests: Readonly<Record<string, number>>): string {
  return Object.entries(requests)
    .filter(([, rate]) => rate >= 0.005)
    .map(([verb, rate]) => `${verb} ${number(rate)}`)
    .join(', ');
}

function mapped<T, U>(by: ByLibrary<T>, map: (value: T) => U): ByLibrary<U> {
  return Object.fromEntries(entries(by).map(([id, value]) => [id, map(value)]));
}
