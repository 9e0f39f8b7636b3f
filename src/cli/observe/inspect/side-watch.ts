import type { LockError } from '../../../errors/lock-error.js';
import { clientFor } from '../../../kubernetes/clients.js';
import type { KubeConfigLike } from '../../../kubernetes/kube-config-like.js';
import type { WatchEvent } from '../../../kubernetes/watch/watch-events.js';
import { WatchLoop } from '../../../kubernetes/watch/watch-loop.js';
import { collectionPath } from '../../../lock/object-path.js';
import { systemClock } from '../../../time/clock.js';

export interface SideWatchOptions {
  readonly kubeConfig: KubeConfigLike;
  readonly kind: 'Pod' | 'Event';
  /** Null: of all namespaces. */
  readonly namespace: string | null;
  readonly fieldSelector?: string | undefined;
  /** First how things are, then each change. */
  readonly event: (event: WatchEvent) => void;
  /** What was heard so far may be out of date: how things are follows anew. */
  readonly anew: () => void;
  /** Nothing is heard at present. It goes on trying. */
  readonly failed: (error: LockError) => void;
}

/**
 * A watch of what stands beside the lock, and is of use but not needed. It never throws.
 *
 * @returns how to end it
 */
export function watchBeside(options: SideWatchOptions): () => void {
  let isClosed = false;
  let loop: WatchLoop;
  const begin = (): WatchLoop =>
    new WatchLoop({
      transport: clientFor(options.kubeConfig),
      target: targetOf(options),
      clock: systemClock,
      random: Math.random,
      event: options.event,
      opened: (gap) => {
        if (!gap || isClosed) return;
        // What went in the gap is not told: only a watch from the beginning tells what is left.
        loop.close();
        options.anew();
        loop = begin();
      },
      failed: options.failed,
    });
  loop = begin();
  return () => {
    isClosed = true;
    loop.close();
  };
}

function targetOf({ kind, namespace, fieldSelector }: SideWatchOptions) {
  const resource = kind === 'Pod' ? 'pods' : 'events';
  return {
    path: collectionPath({ apiVersion: 'v1', resource }, namespace),
    call: {
      kind,
      group: '',
      resource,
      namespace: namespace ?? '',
      name: '',
      verb: 'watch',
      purpose: 'observer',
    } as const,
    name: null,
    fieldSelector,
  };
}
