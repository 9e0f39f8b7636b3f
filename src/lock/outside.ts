import { AsyncResource } from 'node:async_hooks';

/** As it was when this package was loaded: mostly nothing, whatever a program does later. */
const asLoaded = new AsyncResource('k8s-leader-election');

/**
 * Runs what an election does by itself, outside of the async context of whoever has started it. There
 * may be a span in that, which has ended long before: no renewal of the next weeks is a part of it.
 */
export function outside<T>(call: () => T): T {
  return asLoaded.runInAsyncScope(call);
}

/** What brings later calls back into the async context of now, with the callbacks that follow. */
export function wayBack(): (call: () => void) => void {
  const here = new AsyncResource('k8s-leader-election');
  return (call) => {
    here.runInAsyncScope(call);
  };
}
