import { answerError } from '../../kubernetes/answer-error.js';
import { clientFor } from '../../kubernetes/clients.js';
import { LockError } from '../../errors/lock-error.js';
import type { Clock } from '../../time/clock.js';
import type { Endpoint } from '../lock-object.js';
import { objectPath } from '../object-path.js';
import type { LockWatcher } from '../resource-lock.js';
import type { Grounds } from './grounds.js';
import type { HolderProcess } from './holder.js';
import type { OwnOffer } from './own-offer.js';
import type { OwnProcess, Unknown } from './own-process.js';
import { readPod } from './pod.js';
import { podCall, PODS } from './pods.js';

/** How long the API server may take, in milliseconds. */
const TIMEOUT_MS = 5000;

/** The kubelet tells of a container a second or so after it has begun. */
const FIRST_PAUSE_MS = 1000;
const TRIES = 8;

/**
 * The pod that this process is in, as far as it takes to offer something: it is read at the beginning,
 * until the kubelet has told that our container runs, and never again.
 */
export class OwnPod {
  readonly #endpoint: Endpoint;
  readonly #grounds: Grounds;
  readonly #containerName: string | undefined;
  #process: Promise<OwnProcess | Unknown> | null = null;
  #offer: HolderProcess | null = null;
  /** There is an offer, or there never will be. */
  #isSettled = false;
  #isReading = false;

  constructor(endpoint: Endpoint, grounds: Grounds, containerName: string | undefined) {
    this.#endpoint = endpoint;
    this.#grounds = grounds;
    this.#containerName = containerName;
  }

  /** Null: nothing is offered, or not yet. */
  get offer(): HolderProcess | null {
    return this.#offer;
  }

  /** Null where this process cannot tell who it is. */
  async process(): Promise<OwnProcess | null> {
    const process = await this.#known();
    return typeof process === 'string' ? null : process;
  }

  /** Reads it by and by, unless that was done before. The function that is returned gives up. */
  read(watcher: LockWatcher): () => void {
    if (this.#isSettled || this.#isReading) return () => undefined;
    this.#isReading = true;
    const request = new AbortController();
    void this.#readAll(watcher, request.signal).finally(() => {
      this.#isReading = false;
    });
    return () => {
      request.abort();
    };
  }

  #known(): Promise<OwnProcess | Unknown> {
    return (this.#process ??= this.#grounds.process(this.#containerName));
  }

  /** Never rejects. */
  async #readAll(watcher: LockWatcher, signal: AbortSignal): Promise<void> {
    let last: OwnOffer | LockError = { kind: 'notYet', why: 'it was not asked for' };
    for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
      if (tries > 0) await pause(watcher.clock, FIRST_PAUSE_MS * 1.6 ** (tries - 1), signal);
      last = await this.#readOnce(signal).catch((error: unknown) => LockError.from(error));
      if (signal.aborted) return;
      if (last instanceof LockError && last.kind === 'forbidden') break;
      if (last instanceof LockError || last.kind === 'notYet') continue;
      this.#isSettled = true;
      if (last.kind === 'offer') this.#offer = last.holder;
      else break;
      return;
    }
    if (signal.aborted) return;
    this.#isSettled = true;
    watcher.evidenceFailed?.(last instanceof LockError ? last : this.#nothing(last));
  }

  /** @throws LockError when there is no Pod to be seen */
  async #readOnce(signal: AbortSignal): Promise<OwnOffer> {
    const self = await this.#known();
    if (typeof self === 'string') return { kind: 'never', why: self };
    const { kubeConfig, namespace } = this.#endpoint;
    const call = podCall('get', namespace, self.pod);
    const answer = await clientFor(kubeConfig).request({
      method: 'GET',
      path: objectPath(PODS, namespace, self.pod),
      subject: `Pod ${namespace}/${self.pod}`,
      isAside: true,
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status === 404) {
      return { kind: 'never', why: `there is no Pod ${self.pod} in the namespace of the lock` };
    }
    if (answer.status > 299) throw answerError(call, answer);
    const pod = readPod(answer.json);
    return pod === null
      ? { kind: 'notYet', why: 'what came is no Pod' }
      : this.#grounds.offer(pod, self);
  }

  #nothing(offer: OwnOffer): LockError {
    const why = offer.kind === 'offer' ? '' : offer.why;
    return new LockError(
      `This process cannot prove its end to the others, who wait for its lease if it dies: ${why}.`,
      { kind: 'invalid' },
    );
  }
}

/** Ends early when it is given up. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
