import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { makeAuthority } from '../unit/kubernetes/support/certificates.js';
import { expectStatus } from './api-server-client.js';
import type { RunningApiServer } from './api-server-types.js';

/** A Lease as a webhook is shown it. */
export interface ReviewedLease {
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a webhook makes of a Lease that is to be written. */
export type Review = (lease: ReviewedLease) => Verdict;

export interface Verdict {
  /** Refuses it, in these words. */
  readonly denied?: string;
  /** Stores these fields of its spec instead. Heard of a mutating webhook only. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface WebhookOptions {
  readonly kind: 'mutating' | 'validating';
  /** Of the webhook, a DNS name. */
  readonly name: string;
  /** It is asked about the Leases of this namespace. */
  readonly namespace: string;
  readonly review: Review;
}

interface AdmissionRequest {
  readonly uid: string;
  readonly object: ReviewedLease;
}

const IN_FORCE_WITHIN_MILLIS = 20_000;
const POLL_MILLIS = 100;

/** An admission webhook on 127.0.0.1 that a real API server asks before it stores a Lease. */
export class AdmissionWebhook implements AsyncDisposable {
  readonly #server: Server;
  readonly #remove: () => Promise<void>;

  private constructor(server: Server, remove: () => Promise<void>) {
    this.#server = server;
    this.#remove = remove;
  }

  /** Resolves once the API server asks it. */
  static async start(api: RunningApiServer, options: WebhookOptions): Promise<AdmissionWebhook> {
    const authority = makeAuthority('webhooks');
    let asked = 0;
    const server = createServer(authority.issue('webhook', ['127.0.0.1']), (request, response) => {
      void reviewed(request, options.review).then((answer) => {
        asked += 1;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(answer);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const remove = await register(api, options, port, authority.cert);
    const webhook = new AdmissionWebhook(server, remove);
    const deadline = performance.now() + IN_FORCE_WITHIN_MILLIS;
    for (let last = ''; asked === 0;) {
      if (performance.now() > deadline) throw new Error(`${options.name} is not asked: ${last}`);
      last = await tryOut(api, options.namespace);
      await delay(POLL_MILLIS);
    }
    return webhook;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remove();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function reviewed(request: IncomingMessage, review: Review): Promise<string> {
  const {
    apiVersion,
    kind,
    request: asked,
  } = JSON.parse(await text(request)) as {
    apiVersion: string;
    kind: string;
    request: AdmissionRequest;
  };
  const { denied, spec = {} } = review(asked.object);
  const patch = Object.entries(spec).map(([field, value]) => ({
    op: 'add',
    path: `/spec/${field}`,
    value,
  }));
  const response = {
    uid: asked.uid,
    allowed: denied === undefined,
    ...(denied === undefined ? {} : { status: { message: denied } }),
    ...(patch.length === 0
      ? {}
      : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
  };
  return JSON.stringify({ apiVersion, kind, response });
}

async function register(
  api: RunningApiServer,
  { kind, name, namespace }: WebhookOptions,
  port: number,
  ca: string,
): Promise<() => Promise<void>> {
  const mutating = kind === 'mutating';
  const collection = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`;
  const answer = await api.request('admin', 'POST', collection, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: mutating ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name,
        clientConfig: {
          url: `https://127.0.0.1:${String(port)}/`,
          caBundle: Buffer.from(ca).toString('base64'),
        },
        rules: [
          {
            apiGroups: ['coordination.k8s.io'],
            apiVersions: ['v1'],
            resources: ['leases'],
            operations: ['CREATE', 'UPDATE'],
          },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  });
  expectStatus(answer, [201], `Registering the webhook ${name}`);
  return async () => {
    await api.request('admin', 'DELETE', `${collection}/${name}`);
  };
}

/** Has the API server ask whoever it asks about Leases there, and stores nothing. What it answers. */
async function tryOut(api: RunningApiServer, namespace: string): Promise<string> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases?dryRun=All`;
  const { status, body } = await api.request('admin', 'POST', path, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'trial' },
    spec: { holderIdentity: 'nobody' },
  });
  return `${String(status)} ${JSON.stringify(body)}`;
}
