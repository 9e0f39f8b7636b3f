import { newToken } from '../../../inspect/access.js';
import { Collector } from '../../../inspect/collector.js';
import { InspectorServer } from '../../../inspect/inspector-server.js';
import { pageFiles } from '../../../inspect/page-files.js';
import { DEFAULT_LIMITS } from '../../../inspect/page-streams.js';
import type { LockError } from '../../../errors/lock-error.js';
import { LOCK_KINDS } from '../../../lock/lock-kinds.js';
import { metadataOf } from '../../../lock/stored-record.js';
import type { Change } from '../change-tracker.js';
import type { Subject } from '../read-locks.js';
import { whereWords } from '../words.js';
import { ClusterSource } from './cluster-source.js';
import { eventSelector, ownWordOf } from './lock-events.js';
import { podOf, type Pod } from './pods.js';
import { watchBeside, type SideWatchOptions } from './side-watch.js';

/** The live page of locks, drawn from the cluster alone. */
export interface LivePage {
  /** It holds a token: whoever knows it may look. */
  readonly url: string;
  see(change: Change): void;
  lose(error: LockError): void;
  close(): Promise<void>;
}

export interface PageOptions extends Subject {
  readonly leaseDurationMs: number;
  /** Takes what cannot be shown, and why: a sentence for each, once. */
  readonly complain: (text: string) => void;
}

/** So much older than the start of the page an Event may be that still counts as new. */
const FRESH_MS = 5000;

/** @throws {Error} if no port can be had */
export async function servePage(options: PageOptions): Promise<LivePage> {
  const { leaseDurationMs } = options;
  const collector = new Collector();
  const server = new InspectorServer({
    feed: collector,
    // It is about the cluster, and others have nothing to add.
    take: null,
    port: 0,
    token: newToken(),
    limits: DEFAULT_LIMITS,
    files: pageFiles(),
  });
  await server.listen();
  const now = (): number => performance.now();
  const source = new ClusterSource({ sink: collector, leaseDurationMs, now });
  const ends = [watchEvents(options, source), watchPods(options, source)];
  return {
    url: server.url,
    see: (change) => source.see(change),
    lose: (error) => source.lose(error),
    close: async () => {
      for (const end of ends) end();
      await server.close();
    },
  };
}

function watchEvents({ kubeConfig, looksAt, complain }: PageOptions, source: ClusterSource) {
  const { namespace, kind } = looksAt;
  const name = 'name' in looksAt ? looksAt.name : null;
  const begun = Date.now() - FRESH_MS;
  const heard = new Set<unknown>();
  return watchBeside({
    kubeConfig,
    kind: 'Event',
    namespace,
    fieldSelector: eventSelector(LOCK_KINDS[kind].kind, name),
    event: ({ type, object }) => {
      const { uid } = metadataOf(object);
      // The API server forgets them after an hour, and so do we.
      if (type === 'DELETED') heard.delete(uid);
      const word = type === 'DELETED' || heard.has(uid) ? null : ownWordOf(object);
      if (word === null) return;
      heard.add(uid);
      source.hear(word, (word.storedAtMs ?? 0) > begun);
    },
    anew: () => undefined,
    failed: sayOnce('events', namespace, complain),
  });
}

/** In all namespaces there may be any number of them. */
function watchPods({ kubeConfig, looksAt, complain }: PageOptions, source: ClusterSource) {
  const { namespace } = looksAt;
  if (namespace === null) return () => undefined;
  const pods = new Map<string, Pod>();
  // Thousands may be told of at once.
  let isDue = false;
  const showSoon = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      source.seePods(pods);
    });
  };
  return watchBeside({
    kubeConfig,
    kind: 'Pod',
    namespace,
    event: ({ type, object }) => {
      const pod = podOf(object);
      if (pod === null) return;
      if (type === 'DELETED') pods.delete(pod.name);
      else pods.set(pod.name, pod);
      showSoon();
    },
    anew: () => pods.clear(),
    failed: sayOnce('pods', namespace, complain),
  });
}

/** Connections come and go, and what they bring is not needed: a right that is missing is told. */
function sayOnce(
  what: string,
  namespace: string | null,
  complain: (text: string) => void,
): SideWatchOptions['failed'] {
  let isSaid = false;
  return ({ kind, status }) => {
    if (isSaid || status === undefined) return;
    isSaid = true;
    const where = namespace === null ? 'all namespaces' : whereWords(namespace);
    const why =
      kind === 'forbidden' ? 'This account may not watch' : 'The API server does not tell of';
    complain(`${why} ${what} in ${where} (HTTP ${status}): the page goes without.`);
  };
}
