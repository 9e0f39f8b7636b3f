import { setTimeout as sleep } from 'node:timers/promises';
import { machineNow } from '../e2e/fleet/report.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import type { LockRecord } from './checker.js';

const POLL_MS = 100;
const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

interface LockObject {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly holderIdentity?: string };
}

/** Reads a lock's object again and again, and keeps every change that it finds. */
export class LockWatch implements AsyncDisposable {
  readonly records: LockRecord[] = [];
  readonly #polling: Promise<void>;
  #done = false;

  constructor(server: RunningApiServer, path: string) {
    this.#polling = this.#poll(server, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#done = true;
    await this.#polling;
  }

  async #poll(server: RunningApiServer, path: string): Promise<void> {
    let version = '';
    let writtenAfter = machineNow();
    while (!this.#done) {
      const sentAt = machineNow();
      const { status, body } = await server.request('admin', 'GET', path);
      const writtenBefore = machineNow();
      const object = status === 200 ? (body as LockObject) : null;
      if (object !== null && object.metadata.resourceVersion !== version) {
        version = object.metadata.resourceVersion;
        this.records.push({ holder: holderOf(object), writtenAfter, writtenBefore });
      }
      // What is not yet there now is written after this question was sent.
      writtenAfter = sentAt;
      await sleep(POLL_MS);
    }
  }
}

function holderOf({ metadata, spec }: LockObject): string {
  const text = metadata.annotations?.[ANNOTATION];
  if (text === undefined) return spec?.holderIdentity ?? '';
  return (JSON.parse(text) as { holderIdentity?: string }).holderIdentity ?? '';
}
