import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/** The files of a service account as a pod has them mounted. */
export interface ServiceAccountFiles {
  readonly directory: string;
  readonly tokenFile: string;
  readonly caFile: string;
  readonly namespaceFile: string;
  remove(): void;
}

export function writeServiceAccount(ca: string, token = 'of-the-pod\n'): ServiceAccountFiles {
  const directory = mkdtempSync(join(tmpdir(), 'service-account-'));
  const [tokenFile, caFile, namespaceFile] = ['token', 'ca.crt', 'namespace'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  writeFileSync(tokenFile, token);
  writeFileSync(caFile, ca);
  writeFileSync(namespaceFile, 'jobs');
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  return { directory, tokenFile, caFile, namespaceFile, remove };
}

/** The environment of a pod, without any kubeconfig; until `vi.unstubAllEnvs()`. */
export function stubPodEnvironment(host: string, port: number | string, home: string): void {
  vi.stubEnv('KUBECONFIG', '');
  vi.stubEnv('HOME', home);
  vi.stubEnv('KUBERNETES_SERVICE_HOST', host);
  vi.stubEnv('KUBERNETES_SERVICE_PORT', String(port));
}
