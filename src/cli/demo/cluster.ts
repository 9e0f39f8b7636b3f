import { randomBytes, randomUUID } from 'node:crypto';
import { clientFor } from '../../kubernetes/clients.js';
import { defaultNamespace, type KubeConfigLike } from '../../kubernetes/kube-config.js';
import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import { startEmbeddedApiServer } from '../../testing/embedded-api-server.js';
import { mayI } from '../check/ask-server.js';
import { tryOut } from '../check/try-out.js';
import { CliError } from '../cli-error.js';
import { loadKubeConfig, type Connection } from '../connect.js';
import { pathOf, type Place } from '../observe/read-locks.js';
import { placeName } from '../observe/words.js';

/** Where the demo plays: the API server inside this program, or a real one. */
export interface Cluster {
  /** For people, such as `the cluster of context "prod" (10.0.0.1:6443)`. */
  readonly description: string;
  readonly connection: Connection;
  readonly lock: Place;
  /** Takes the lock's object and the server away. Resolves with what is left behind, in words. */
  dispose(): Promise<string | null>;
}

/** A short random name, so that two demos in one namespace do not disturb each other. */
function demoName(): string {
  return `leader-election-demo-${randomUUID().slice(0, 8)}`;
}

export async function openEmbeddedCluster(kind: LockKind): Promise<Cluster> {
  const token = randomBytes(16).toString('hex');
  const server = await startEmbeddedApiServer({ tokens: { [token]: 'demo' } });
  return {
    description: `an API server inside this program (${server.url}), so no cluster is needed`,
    connection: { kind: 'server', url: server.url, token },
    lock: { kind, name: demoName(), namespace: 'default' },
    dispose: async () => {
      await server.close();
      return null;
    },
  };
}

/** @throws {UsageError | CliError | LockError} if the demo could not play there; nothing is stored */
export async function openRealCluster(
  kind: LockKind,
  connection: Extract<Connection, { kind: 'file' }>,
  namespace: string | null,
): Promise<Cluster> {
  const kubeConfig = await loadKubeConfig(connection);
  const lock: Place = {
    kind,
    name: demoName(),
    namespace: namespace ?? (await defaultNamespace(kubeConfig)),
  };
  await mustBePossible(kubeConfig, lock);
  const server = kubeConfig.getCurrentCluster()?.server ?? '';
  const host = URL.canParse(server) ? new URL(server).host : 'an unreadable URL';
  return {
    // Of a URL the host alone: it may hold a password besides.
    description: `the cluster of context "${kubeConfig.getCurrentContext()}" (${host})`,
    connection,
    lock,
    dispose: () => remove(kubeConfig, lock),
  };
}

/** Asks for the rights, and for a write that the API server goes through with but does not store. */
async function mustBePossible(kubeConfig: KubeConfigLike, lock: Place): Promise<void> {
  const verbs = ['get', 'create', 'update', 'delete'] as const;
  const answers = await Promise.all(verbs.map((verb) => mayI(kubeConfig, lock, verb)));
  const missing = verbs.filter((_, index) => answers[index] === false);
  if (missing.length > 0) {
    const { resource, group } = LOCK_KINDS[lock.kind];
    throw new CliError(
      `This account is missing the verb ${missing.map((verb) => `"${verb}"`).join(', ')} on ` +
        `${group === '' ? resource : `${resource}.${group}`} in namespace "${lock.namespace}". The ` +
        'demo takes a new random name at each run, and cleans up: for it, grant get, create, ' +
        'update, watch and delete, and leave out resourceNames.',
    );
  }
  const candidate = { identity: 'demo', leaseDurationMs: 1000, creates: true };
  const trial = await tryOut(kubeConfig, lock, candidate);
  if (trial.accepted === false) throw new CliError(trial.reason ?? 'The lock cannot be written.');
}

/** Never rejects: a failure here must not hide what the demo has to say. */
async function remove(kubeConfig: KubeConfigLike, lock: Place): Promise<string | null> {
  let why: string;
  try {
    const { status } = await clientFor(kubeConfig).request({
      method: 'DELETE',
      path: pathOf(lock),
      timeoutMs: 5000,
    });
    if (status < 300 || status === 404) return null;
    why = `the API server answered HTTP ${status}`;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  const command = `kubectl delete ${lock.kind} ${lock.name} --namespace ${lock.namespace}`;
  return `${placeName(lock)} is left behind, because ${why}. Delete it with \`${command}\`.`;
}
