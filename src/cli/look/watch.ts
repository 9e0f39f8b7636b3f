import { LockError } from '../../errors/lock-error.js';
import { EXIT } from '../exit-codes.js';
import { LiveArea } from '../live-area.js';
import type { CommonOptions } from '../options.js';
import { pause } from '../pause.js';
import { Onlooker, type Change } from './onlooker.js';
import { openCluster, readAllLocks, readLock, type Cluster, type Sight } from './read-locks.js';
import { asJson, details, placeName, sentence, table } from './words.js';

export interface WatchOptions {
  readonly common: CommonOptions;
  readonly intervalSeconds: number;
  /** Null: until it is interrupted. */
  readonly forSeconds: number | null;
  /** The terminal to draw on; null: plain lines. */
  readonly terminal: NodeJS.WriteStream | null;
}

const KEPT_LINES = 200;

/** Looks on, and tells of every change, until interrupted. Resolves with the exit code. */
export async function watch(options: WatchOptions): Promise<number> {
  const { common, forSeconds, intervalSeconds } = options;
  const cluster = await openCluster(common);
  const onlooker = new Onlooker(common.timings.leaseDurationSeconds * 1000);
  const report = options.terminal === null ? plainReport(common) : liveReport(options.terminal);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
  const end = forSeconds === null ? Infinity : performance.now() + forSeconds * 1000;
  let lastTrouble = '';
  let isFirst = true;
  try {
    while (!stop.signal.aborted && performance.now() < end) {
      try {
        const sights = await look(cluster, common, stop.signal);
        const seen = onlooker.look(sights, { at: performance.now(), nowMs: Date.now() });
        if (lastTrouble !== '') report.trouble('The API server answers again.');
        lastTrouble = '';
        report.seen(seen.locks, seen.changes);
      } catch (error) {
        if (stop.signal.aborted) break;
        // What does not work at all is better told at once; what fails later may pass.
        if (isFirst || !(error instanceof LockError)) throw error;
        if (error.message !== lastTrouble) report.trouble(error.message);
        lastTrouble = error.message;
      }
      isFirst = false;
      const left = end - performance.now();
      await pause(Math.max(0, Math.min(intervalSeconds * 1000, left)), stop.signal);
    }
  } finally {
    report.close();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt);
  }
  return EXIT.ok;
}

async function look(
  cluster: Cluster,
  { kind, name }: CommonOptions,
  signal: AbortSignal,
): Promise<readonly Sight[]> {
  signal.throwIfAborted();
  if (name === null) return readAllLocks(cluster, kind);
  return [await readLock(cluster.kubeConfig, { kind, namespace: cluster.namespace, name })];
}

interface Report {
  seen(locks: readonly Change[], changes: readonly Change[]): void;
  trouble(text: string): void;
  close(): void;
}

function plainReport({ json }: CommonOptions): Report {
  const time = (): string => new Date().toISOString();
  return {
    seen: (_locks, changes) => {
      for (const { place, judgement } of changes) {
        if (json) {
          console.log(JSON.stringify({ time: time(), ...asJson(place, judgement) }));
          continue;
        }
        console.log(`${time()} ${placeName(place)}: ${sentence(judgement)}`);
        for (const { text } of judgement.hints) console.log(`${time()}   ! ${text}`);
      }
    },
    trouble: (text) => console.error(`${time()} ${text}`),
    close: () => undefined,
  };
}

/** How things stand, drawn anew at every look, above the changes so far. */
function liveReport(terminal: NodeJS.WriteStream): Report {
  const area = new LiveArea(terminal);
  const history: string[] = [];
  let standing: readonly string[] = [];
  const note = (text: string): void => {
    history.push(`${new Date().toISOString().slice(11, 19)}  ${text.split('\n')[0] ?? ''}`);
    history.splice(0, Math.max(0, history.length - KEPT_LINES));
  };
  const draw = (): void => area.draw([...standing, '', 'Changes seen (Ctrl-C ends)', ...history]);
  return {
    seen: (locks, changes) => {
      for (const { place, judgement } of changes) {
        note(`${placeName(place)}: ${sentence(judgement)}`);
      }
      const [only, ...more] = locks;
      standing =
        only !== undefined && more.length === 0
          ? details(only.place, only.judgement, area.columns)
          : table(locks.map(({ place, judgement }) => [place, judgement] as const));
      draw();
    },
    trouble: (text) => {
      note(text);
      draw();
    },
    close: () => area.close(),
  };
}
