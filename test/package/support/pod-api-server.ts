import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../../src/testing.js';
import type { PodOptions } from '../../support/pod.js';
import { makeAuthority } from '../../unit/kubernetes/support/certificates.js';

const TOKEN = 'of-the-service-account';

/** The embedded API server as a pod sees one: over TLS, and for who has the token. */
export interface PodApiServer extends AsyncDisposable {
  readonly server: EmbeddedApiServer;
  readonly pod: PodOptions;
  /** The text of a kubeconfig file with the same token, namespace and CA. */
  kubeConfig(): string;
}

export async function startPodApiServer(): Promise<PodApiServer> {
  const server = await startEmbeddedApiServer({
    namespaces: ['production'],
    tokens: { [TOKEN]: 'system:serviceaccount:production:runner' },
  });
  const authority = makeAuthority('cluster CA');
  const front = createServer(authority.issue('server', ['127.0.0.1']), (asked, answer) => {
    forward(server.url, asked, answer);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const serviceAccount = mkdtempSync(join(tmpdir(), 'service-account-'));
  writeFileSync(join(serviceAccount, 'token'), TOKEN);
  writeFileSync(join(serviceAccount, 'ca.crt'), authority.cert);
  writeFileSync(join(serviceAccount, 'namespace'), 'production');
  const port = String((front.address() as AddressInfo).port);
  return {
    server,
    pod: { host: '127.0.0.1', port, serviceAccount },
    kubeConfig: () => {
      const caData = Buffer.from(authority.cert).toString('base64');
      // What is JSON is YAML, too.
      return JSON.stringify({
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'pod' },
        clusters: [
          {
            name: 'pod',
            cluster: {
              server: `https://127.0.0.1:${port}`,
              'certificate-authority-data': caData,
            },
          },
        ],
        users: [{ name: 'pod', user: { token: TOKEN } }],
        contexts: [
          { name: 'pod', context: { cluster: 'pod', user: 'pod', namespace: 'production' } },
        ],
      });
    },
    async [Symbol.asyncDispose]() {
      front.closeAllConnections();
      front.close();
      await server.close();
      rmSync(serviceAccount, { recursive: true });
    },
  };
}

function forward(to: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, url = '/', headers } = asked;
  const onward = request(new URL(url, to), { method, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    answer.flushHeaders();
    response.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
}
