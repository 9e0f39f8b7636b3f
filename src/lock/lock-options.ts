import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Problems } from '../validation/validate.js';
import { KUBE_CONFIG_METHODS, type KubeConfigLike } from '../kubernetes/kube-config-like.js';

/** Options of {@link LeaseLock} and {@link ConfigMapLock}. */
export interface KubernetesLockOptions {
  /**
   * Name of the object, the same for all candidates: a DNS-1123 subdomain, at most 253 characters.
   */
  readonly name: string;
  /**
   * Namespace of the object, which must exist. Default, as for kubectl: that of the kubeconfig's
   * current context, else the pod's own, else `default`.
   */
  readonly namespace?: string | undefined;
  /**
   * This candidate's name in the record. It must differ from that of every other candidate, or two
   * may lead at once. Default: POD_NAME or the host name, an underscore, and a random UUID.
   */
  readonly identity?: string | undefined;
  /**
   * A `KubeConfig` of `@kubernetes/client-node`, version 1.4 or newer. Default: what kubectl
   * would use (the files of KUBECONFIG, ~/.kube/config, or the pod's service account), read as
   * kubectl reads it. Locks that are given the same one share a connection.
   */
  readonly kubeConfig?: KubeConfigLike | undefined;
  /** Labels for the object when it is created. Those of an object that exists are not touched. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const OPTION_NAMES = ['name', 'namespace', 'identity', 'kubeConfig', 'labels'] as const;

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

/**
 * Checks the options of a lock before anything is read or sent.
 *
 * @throws ConfigError naming every option that is wrong
 */
export function checkLockOptions(subject: string, options: unknown): void {
  const check = new Problems(subject);
  if (check.options(options)) {
    check.unknown(options, OPTION_NAMES);
    const { name, namespace, identity, kubeConfig, labels } = options as Record<
      (typeof OPTION_NAMES)[number],
      unknown
    >;
    check.string('name', name, { maxLength: 253, pattern: SUBDOMAIN });
    if (namespace !== undefined) {
      check.string('namespace', namespace, { maxLength: 63, pattern: LABEL });
    }
    if (identity !== undefined) checkIdentity(check, identity);
    if (kubeConfig !== undefined) {
      const what = 'a KubeConfig of @kubernetes/client-node';
      check.methods('kubeConfig', kubeConfig, what, KUBE_CONFIG_METHODS);
    }
    if (labels !== undefined) checkLabels(check, labels);
  }
  check.throwIfAny();
}

/** `${POD_NAME or host name}_${uuid}`: readable, and unlike any other even where names repeat. */
export function defaultIdentity(): string {
  const podName = process.env['POD_NAME']?.trim();
  const host = podName === undefined || podName === '' ? hostname() : podName;
  return `${host.slice(0, MAX_IDENTITY / 2)}_${randomUUID()}`;
}

function checkIdentity(check: Problems, identity: unknown): void {
  if (!check.string('identity', identity, { maxLength: MAX_IDENTITY })) return;
  if (identity.trim() === '') {
    check.add('identity', 'must not consist of white space only', identity);
  } else if (identity === 'undefined' || identity === 'null') {
    // An unset variable in a template: every candidate would have the same name.
    check.add('identity', 'must not be the text of a missing value', identity);
  } else if (/[\p{Cc}\u2028\u2029]/u.test(identity)) {
    check.add('identity', 'must not contain control characters', identity);
  } else if (/\p{Cs}/u.test(identity)) {
    check.add('identity', 'must be well-formed Unicode', identity);
  }
}

const QUALIFIED_NAME = /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/;

function checkLabels(check: Problems, labels: unknown): void {
  if (!check.options(labels, 'labels')) return;
  for (const [key, value] of Object.entries(labels)) {
    const [name = '', prefix, ...rest] = key.split('/').reverse();
    const prefixIsFine =
      prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.regExp.test(prefix));
    if (rest.length > 0 || !prefixIsFine || name.length > 63 || !QUALIFIED_NAME.test(name)) {
      check.add('labels', 'must have keys such as "app" or "example.com/app"', key);
    }
    const fits = typeof value === 'string' && value.length <= 63;
    if (!fits || (value !== '' && !QUALIFIED_NAME.test(value))) {
      const rule = 'must be empty or at most 63 letters, digits, "-", "_" and "."';
      check.add(`labels.${key.slice(0, 80)}`, rule, value);
    }
  }
}
