import { randomBytes, randomUUID } from 'node:crypto';
import type { LockError } from '../../errors/lock-error.js';
import { clientFor } from '../../kubernetes/clients.js';
import { LeaderElectionRecord } from '../../lock/record.js';
import type { LockResult } from '../../lock/resource-lock.js';
import { startEmbeddedApiServer } from '../../testing/embedded-api-server.js';
import {
  CliError,
  kindName,
  loadKubeConfig,
  makeLock,
  type Connection,
  type LockKind,
} from '../connect.js';
import type { LockPlace } from './messages.js';

/** Where the demo plays: the API server inside this program, or a real one. */
export interface Cluster {
  /** For people, such as `context "prod" at https://...`. */
  readonly description: string;
  readonly connection: Connection;
  readonly lock: LockPlace;
  /** Takes the lock's object and the server away. Resolves with what is left behind, in words. */
  dispose(): Promise<string | null>;
}

export interface RealCluster {
  readonly kubeconfig: string | null;
  readonly context: string | null;
  readonly namespace: string | null;
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
    connection: { kind: 'text', kubeconfig: server.kubeConfig() },
    lock: { kind, name: demoName(), namespace: 'default' },
    dispose: async () => {
      await server.close();
      return null;
    },
  };
}

/**
 * Finds out whether this account may do all that the demo does, by doing it once: read, create,
 * update, delete.
 *
 * @throws {LockError | CliError} saying what is missing
 */
export async function openRealCluster(
  kind: LockKind,
  { kubeconfig, context, namespace: given }: RealCluster,
  signal: AbortSignal,
): Promise<Cluster> {
  const connection: Connection = { kind: 'file', file: kubeconfig, context };
  const kubeConfig = await loadKubeConfig(connection);
  const name = demoName();
  const lock = makeLock(kind, {
    name,
    identity: 'rights-check',
    kubeConfig,
    ...(given === null ? {} : { namespace: given }),
  });

  const read = await lock.get({ signal });
  if (!read.ok && read.error.kind !== 'notFound') throw explained(read.error);
  const namespace = lock.namespace ?? 'default';
  const place: LockPlace = { kind, name, namespace };
  const remove = (): Promise<Removal> => deleteObject(kubeConfig, place);
  // Before there is anything to delete: an account that may do it is told that nothing was there.
  const rehearsal = await remove();
  if (!rehearsal.gone) {
    throw new CliError(
      `${lock.description}: the demo could not clean up after itself, because ${rehearsal.why}. ` +
        `It needs the verb "delete" on ${resourceOf(kind)} in namespace "${namespace}".`,
    );
  }

  let created = false;
  try {
    signal.throwIfAborted();
    // Awaited even when the demo is being stopped: a write given up now might be stored after the
    // deletion.
    const creation = await lock.create(emptyRecord());
    created = creation.ok || creation.error.mayHaveCommitted;
    must(creation);
    must(await lock.update(emptyRecord()));
    signal.throwIfAborted();
  } catch (error) {
    if (!created) throw error;
    const removal = await remove();
    if (removal.gone) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CliError(`${message}\n${leftBehind(place, removal)}`);
  }
  const removal = await remove();
  if (!removal.gone) throw new CliError(leftBehind(place, removal));

  const server = kubeConfig.getCurrentCluster()?.server ?? 'an unknown server';
  return {
    description: `the cluster of context "${kubeConfig.getCurrentContext()}" (${hostOf(server)})`,
    connection,
    lock: place,
    dispose: async () => {
      const last = await remove();
      return last.gone ? null : leftBehind(place, last);
    },
  };
}

/** Nobody holds it: a candidate that sees it takes it at once. */
function emptyRecord(): LeaderElectionRecord {
  const now = new Date().toISOString();
  return new LeaderElectionRecord({
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
  });
}

function must(result: LockResult): void {
  if (!result.ok) throw explained(result.error);
}

/** The Role that a refusal suggests names the object, which here has another name each time. */
function explained(error: LockError): Error {
  if (error.kind !== 'forbidden') return error;
  return new CliError(
    `${error.message}\nThe demo takes a new random name at each run, and cleans up: for it, leave ` +
      'out resourceNames and add the verb "delete".',
  );
}

interface Removal {
  readonly gone: boolean;
  readonly why: string;
}

/** Never rejects: a failure here must not hide what the demo has to say. */
async function deleteObject(
  kubeConfig: Parameters<typeof clientFor>[0],
  { kind, name, namespace }: LockPlace,
): Promise<Removal> {
  const api = kind === 'lease' ? '/apis/coordination.k8s.io/v1' : '/api/v1';
  try {
    const { status } = await clientFor(kubeConfig).request({
      method: 'DELETE',
      path: `${api}/namespaces/${encodeURIComponent(namespace)}/${resourceOf(kind)}/${name}`,
      timeoutMs: 5000,
    });
    if (status < 300 || status === 404) return { gone: true, why: '' };
    if (status === 403) return { gone: false, why: 'this account may not delete it (HTTP 403)' };
    return { gone: false, why: `the API server answered HTTP ${status}` };
  } catch (error) {
    return { gone: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function leftBehind({ kind, name, namespace }: LockPlace, { why }: Removal): string {
  const command = `kubectl delete ${kind} ${name} --namespace ${namespace}`;
  return `${kindName(kind)} ${namespace}/${name} is left behind, because ${why}. Delete it with \`${command}\`.`;
}

function resourceOf(kind: LockKind): string {
  return kind === 'lease' ? 'leases' : 'configmaps';
}

/** Without what a URL may hold besides, which can be a password. */
function hostOf(server: string): string {
  try {
    return new URL(server).host;
  } catch {
    return 'an unreadable URL';
  }
}
