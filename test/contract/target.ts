import type { KubeConfig } from '@kubernetes/client-node';
import type { RbacRule } from '../support/api-server-types.js';
import { base64, kubeConfig } from '../unit/kubernetes/support/kube-configs.js';

/**
 * `admin` may do everything. `candidate` may create, get, update and watch leases and configmaps,
 * and no more. `nobody` is known and has no rights. `narrow` has what `grant` gives.
 */
export type UserName = 'admin' | 'candidate' | 'nobody' | 'narrow';

/** An API server that the cases run against. */
export interface Target {
  readonly url: string;
  /** The authority behind an https URL. */
  readonly ca?: string;
  token(user: UserName): string;
  /** Makes it, and gives `candidate` its rights there. */
  createNamespace(name: string): Promise<void>;
  /** Gives `narrow` exactly these rights in the namespace. */
  grant(namespace: string, rules: readonly RbacRule[]): Promise<void>;
  /** Makes the server forget all past changes, so that no watch can start from before now. */
  forgetHistory(): Promise<void>;
  /** Breaks the connection of every watch that is open. */
  cutWatches(): Promise<void>;
  stop(): Promise<void>;
}

const kubeConfigs = new Map<string, KubeConfig>();

/** One for all locks of a user, which share its connections, as those of one process do. */
export function kubeConfigOf({ url, ca, token }: Target, user: UserName): KubeConfig {
  const trust = ca === undefined ? {} : { caData: base64(ca) };
  const known = kubeConfigs.get(token(user));
  const made = known ?? kubeConfig({ server: url, ...trust }, { token: token(user) });
  kubeConfigs.set(token(user), made);
  return made;
}
