import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  checkOptions,
  optional,
  required,
  trueOrFalse,
  withMethods,
  type OptionTable,
} from '../validation/rules.js';
import { Problems } from '../validation/validate.js';
import { KUBE_CONFIG_METHODS, type KubeConfigLike } from '../kubernetes/kube-config-like.js';

/**
 * The options of a lock on an object of Kubernetes. What each must be stands in
 * {@link LOCK_OPTIONS}; the page of the API has these texts, word for word.
 */
export interface KubernetesLockOptions {
  /** Name of the object, the same for all candidates. */
  readonly name: string;
  /**
   * Namespace of the object. It must exist.
   *
   * @defaultValue that of the kubeconfig's current context, else the pod's own, else `default`
   */
  readonly namespace?: string | undefined;
  /**
   * This candidate's name in the record. It must differ from that of every other candidate, or two
   * may lead at once.
   *
   * @defaultValue `POD_NAME` or the host name, `_`, a random UUID
   */
  readonly identity?: string | undefined;
  /**
   * A `KubeConfig` of `@kubernetes/client-node`, version 1.4 or newer. Locks that are given the same
   * one share a connection.
   *
   * @defaultValue what kubectl would use, read as kubectl reads it: the files of `KUBECONFIG`,
   * `~/.kube/config`, or the pod's service account
   */
  readonly kubeConfig?: KubeConfigLike | undefined;
  /**
   * Labels for the object when it is created. What an existing object carries besides the record is
   * never touched.
   *
   * @defaultValue none
   */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether Kubernetes Events tell of the lock who became leader and who stopped leading. They need the
   * right to create events.
   *
   * @defaultValue `false`
   */
  readonly events?: boolean | undefined;
  /**
   * Whether the lock is taken at once when the kubelet says that the container of its holder has ended,
   * and not only when the lease has run out. Each candidate reads its own pod at first, writes into the
   * lock which process it is, and watches the pod of the holder: it needs the rights to get and watch
   * pods, in the namespace of the lock, in which the pods must be. See [the kubelet's
   * word](locks.md#the-kubelets-word) for what it rests on. Not for the locks of a `MultiLock`.
   *
   * @defaultValue `false`
   */
  readonly podEvidence?: boolean | undefined;
  /**
   * The container of the pod that this process is in, for `podEvidence`.
   *
   * @defaultValue `CONTAINER_NAME`, what the kubelet has mounted, or the only container
   */
  readonly containerName?: string | undefined;
}

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

const SUBDOMAIN = {
  regExp: new RegExp(`^${DNS_LABEL}(\\.${DNS_LABEL})*$`),
  rule:
    'must be a DNS-1123 subdomain: lower-case letters, digits, "-" and ".", with a letter or ' +
    'digit at both ends of each part',
};

const LABEL = {
  regExp: new RegExp(`^${DNS_LABEL}$`),
  rule:
    'must be a DNS-1123 label: lower-case letters, digits and "-", with a letter or digit at ' +
    'both ends',
};

const MAX_IDENTITY = 512;

export const LOCK_OPTIONS = {
  name: required({
    description: 'a DNS-1123 subdomain, at most 253 characters',
    check: (problems, field, name) =>
      problems.string(field, name, { maxLength: 253, pattern: SUBDOMAIN }),
  }),
  namespace: optional({
    description: 'a DNS-1123 label, at most 63 characters',
    check: (problems, field, namespace) =>
      problems.string(field, namespace, { maxLength: 63, pattern: LABEL }),
  }),
  identity: optional({
    description: `text without control characters, at most ${MAX_IDENTITY}`,
    check: checkIdentity,
  }),
  kubeConfig: optional(withMethods('a KubeConfig of @kubernetes/client-node', KUBE_CONFIG_METHODS)),
  labels: optional({ description: 'an object of label keys and values', check: checkLabels }),
  events: optional(trueOrFalse, false),
  podEvidence: optional(trueOrFalse, false),
  containerName: optional({
    description: 'a DNS-1123 label, at most 63 characters',
    check: (problems, field, containerName) =>
      problems.string(field, containerName, { maxLength: 63, pattern: LABEL }),
  }),
} satisfies OptionTable<KubernetesLockOptions>;

/**
 * Checks the options of a lock before anything is read or sent.
 *
 * @throws ConfigError naming every option that is wrong
 */
export function checkLockOptions(subject: string, options: unknown): void {
  const problems = new Problems(subject);
  checkOptions<KubernetesLockOptions>(problems, options, LOCK_OPTIONS);
  problems.throwIfAny();
}

/** `${POD_NAME or host name}_${uuid}`: readable, and unlike any other even where names repeat. */
export function defaultIdentity(): string {
  const podName = process.env['POD_NAME']?.trim();
  const host = podName === undefined || podName === '' ? hostname() : podName;
  return `${host.slice(0, MAX_IDENTITY / 2)}_${randomUUID()}`;
}

function checkIdentity(problems: Problems, field: string, identity: unknown): void {
  if (!problems.string(field, identity, { maxLength: MAX_IDENTITY })) return;
  if (identity.trim() === '') {
    problems.add(field, 'must not consist of white space only', identity);
  } else if (identity === 'undefined' || identity === 'null') {
    // An unset variable in a template: every candidate would have the same name.
    problems.add(field, 'must not be the text of a missing value', identity);
  } else if (/[\p{Cc}\u2028\u2029]/u.test(identity)) {
    problems.add(field, 'must not contain control characters', identity);
  } else if (/\p{Cs}/u.test(identity)) {
    problems.add(field, 'must be well-formed Unicode', identity);
  }
}

const QUALIFIED_NAME = /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/;

function checkLabels(problems: Problems, field: string, labels: unknown): void {
  if (!problems.options(labels, field)) return;
  for (const [key, value] of Object.entries(labels)) {
    const [name = '', prefix, ...rest] = key.split('/').reverse();
    const prefixIsFine =
      prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.regExp.test(prefix));
    if (rest.length > 0 || !prefixIsFine || name.length > 63 || !QUALIFIED_NAME.test(name)) {
      problems.add(field, 'must have keys such as "app" or "example.com/app"', key);
    }
    const fits = typeof value === 'string' && value.length <= 63;
    if (!fits || (value !== '' && !QUALIFIED_NAME.test(value))) {
      const rule = 'must be empty or at most 63 letters, digits, "-", "_" and "."';
      problems.add(`${field}.${key.slice(0, 80)}`, rule, value);
    }
  }
}
