import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ApiServerUser, KubeConfigOptions } from './api-server-types.js';

/** Where everything that one server reads and writes is kept. */
export interface ApiServerFiles {
  readonly directory: string;
  readonly tokens: string;
  readonly signingKey: string;
  readonly verifyingKey: string;
  readonly certificates: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly etcdData: string;
}

/** Writes what kube-apiserver needs to find before its start: tokens and keys of its own. */
export async function writeApiServerFiles(
  directory: string,
  users: Iterable<ApiServerUser>,
): Promise<ApiServerFiles> {
  const files: ApiServerFiles = {
    directory,
    tokens: join(directory, 'tokens.csv'),
    signingKey: join(directory, 'service-account.key'),
    verifyingKey: join(directory, 'service-account.pub'),
    certificates: join(directory, 'certificates'),
    auditPolicy: join(directory, 'audit-policy.yaml'),
    auditLog: join(directory, 'audit.log'),
    etcdData: join(directory, 'etcd'),
  };
  const lines = [...users].map(({ name, token }) => {
    const groups = name === 'admin' ? ',"system:masters"' : '';
    return `${token},${name},uid-of-${name}${groups}\n`;
  });
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const policy = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n  - level: Metadata\n';
  const secret = { mode: 0o600 };
  await Promise.all([
    writeFile(files.tokens, lines.join(''), secret),
    writeFile(files.signingKey, privateKey, secret),
    writeFile(files.verifyingKey, publicKey),
    writeFile(files.auditPolicy, policy),
  ]);
  return files;
}

export function createUsers(names: Iterable<string>): Map<string, ApiServerUser> {
  const unique = new Set(names);
  return new Map(
    [...unique].map((name) => {
      // The token file is comma-separated and read without any quoting here.
      if (!/^[\w.:-]+$/.test(name)) throw new Error(`Not usable as a user's name: "${name}"`);
      return [name, { name, token: randomBytes(24).toString('base64url') }];
    }),
  );
}

/** kube-apiserver writes its own certificate first and the authority's after it. */
export function lastCertificate(pem: string): string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g);
  const last = blocks?.at(-1);
  if (last === undefined) throw new Error('The server wrote no certificate.');
  return last;
}

export function kubeConfigText(
  user: ApiServerUser,
  url: string,
  caCertificate: string,
  options: KubeConfigOptions,
): string {
  // JSON strings are YAML strings, whatever characters they hold.
  const text = (value: string) => JSON.stringify(value);
  const namespace =
    options.namespace === undefined ? '' : `\n      namespace: ${text(options.namespace)}`;
  return `apiVersion: v1
kind: Config
current-context: test
clusters:
  - name: test
    cluster:
      server: ${text(options.server ?? url)}
      certificate-authority-data: ${Buffer.from(caCertificate).toString('base64')}
users:
  - name: ${text(user.name)}
    user:
      token: ${text(options.token ?? user.token)}
contexts:
  - name: test
    context:
      cluster: test
      user: ${text(user.name)}${namespace}
`;
}
