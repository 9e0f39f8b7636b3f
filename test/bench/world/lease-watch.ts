import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import type { RunningApiServer } from '../../support/api-server-types.js';
import { machineNow } from './protocol.js';

/** A write to a lease, as any follower could see it. */
export interface LeaseWrite {
  /** When the event arrived here: at most a few milliseconds after the commit. */
  readonly at: number;
  readonly lock: string;
  readonly holder: string;
}

interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string };
    readonly spec?: { readonly holderIdentity?: string };
  };
}

/** The benchmark's own view of all leases of a namespace, the same for every library. */
export class LeaseWatch implements Disposable {
  readonly #writes: LeaseWrite[] = [];
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('error', () => undefined);
    createInterface({ input: response }).on('line', (line) => {
      const at = machineNow();
      const { type, object } = JSON.parse(line) as WatchEvent;
      if (type !== 'ADDED' && type !== 'MODIFIED') return;
      const holder = object.spec?.holderIdentity ?? '';
      this.#writes.push({ at, lock: object.metadata.name, holder });
    });
  }

  static async open(server: RunningApiServer, namespace: string): Promise<LeaseWatch> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    const outgoing = request(new URL(`${path}?watch=true&timeoutSeconds=3600`, server.url), {
      agent: false,
      ca: server.caCertificate,
      headers: { Authorization: `Bearer ${server.user('admin').token}` },
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200)
      throw new Error(`The watch was refused: ${response.statusCode}`);
    return new LeaseWatch(response);
  }

  /** When the last write of that holder was seen. @throws Error when none was */
  lastRenewal(lock: string, holder: string): number {
    const write = this.#writes.findLast((one) => one.lock === lock && one.holder === holder);
    if (write === undefined) throw new Error(`${holder} was never seen to hold ${lock}`);
    return write.at;
  }

  [Symbol.dispose](): void {
    this.#response.destroy();
  }
}
