import { LockError } from '../errors/lock-error.js';
import { NotLeaderError } from '../errors/not-leader-error.js';
import { answerError, type ApiCall, unusableAnswer } from '../kubernetes/answer-error.js';
import type { ApiResponse } from '../kubernetes/api-request.js';
import { clientFor } from '../kubernetes/clients.js';
import { KUBE_CONFIG_METHODS, type KubeConfigLike } from '../kubernetes/kube-config-like.js';
import { objectPath } from '../lock/object-path.js';
import { isObject } from '../lock/stored-record.js';
import type { Term } from '../term/term.js';
import { Problems } from '../validation/validate.js';

/** The annotation that holds the greatest fencing token by which an object was written. */
export const FENCING_ANNOTATION = 'k8s-leader-election/fencing-token';

/** Another client may write in between, but hardly every time. */
const TRIES = 5;

/** Which object, in the terms of a Role. */
export interface FencedReference {
  /** Such as `v1` or `apps/v1`. */
  readonly apiVersion: string;
  /** The plural in lower case, such as `configmaps`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** An object of Kubernetes, as JSON. */
export interface FencedContent {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** An object in the cluster that no earlier leader can write, once a later one has. */
export interface FencedObject<Content extends FencedContent> {
  /**
   * Writes the token of the term, and nothing else: call it when the term begins. From its answer on,
   * whatever an earlier leader has sent is refused.
   *
   * @throws {NotLeaderError} when a later leader has been here, or the term is over
   * @throws {LockError} when a request is refused or not answered
   */
  raise(): Promise<Content>;
  /**
   * Changes the object, on condition that nobody has written since it was read, and that no later leader
   * has been here. `change` gets it as it is stored and returns it as it shall be; it is called again
   * when somebody else has written meanwhile, up to five times. Resolves with the object as stored.
   *
   * @throws {ConfigError} when `change` is no function, or returns no object: nothing was written then
   * @throws {NotLeaderError} when a later leader has been here, or the term is over
   * @throws {LockError} when a request is refused or not answered: what was sent may yet be stored then,
   * unless a later leader writes before. And what `change` throws.
   */
  update(change: (object: Content) => Content | Promise<Content>): Promise<Content>;
}

/**
 * An object of Kubernetes that holds the fencing token of the leader that wrote it last, in the
 * annotation `k8s-leader-election/fencing-token`. The API server refuses what an earlier leader
 * sends, however late it arrives. The object has to exist; `get` and `update` on it are the rights that it
 * takes. All who write to it as leaders must do so by this.
 *
 * @throws {ConfigError} naming every argument that is wrong
 */
export function fenced<Content extends FencedContent = FencedContent & Record<string, unknown>>(
  kubeConfig: KubeConfigLike,
  object: FencedReference,
  term: Term,
): FencedObject<Content> {
  check(kubeConfig, object, term);
  return new Fenced<Content>(kubeConfig, object, term);
}

class Fenced<Content extends FencedContent> implements FencedObject<Content> {
  readonly #kubeConfig: KubeConfigLike;
  readonly #object: FencedReference;
  readonly #term: Term;

  constructor(kubeConfig: KubeConfigLike, object: FencedReference, term: Term) {
    this.#kubeConfig = kubeConfig;
    this.#object = { ...object };
    this.#term = term;
  }

  raise(): Promise<Content> {
    return this.update((object) => object);
  }

  async update(change: (object: Content) => Content | Promise<Content>): Promise<Content> {
    checkChange((problems) => problems.function('change', change));
    for (let tries = 1; ; tries += 1) {
      const found = await this.#request('get');
      this.#refuseIfLater(found);
      const changed = await change(structuredClone(found));
      checkChange(
        (problems) => isObject(changed) || problems.addHidden('change', RETURNS, changed),
      );
      try {
        return await this.#request('update', this.#conditional(changed, found));
      } catch (error) {
        const isConflict = error instanceof LockError && error.kind === 'conflict';
        if (!isConflict || tries === TRIES) throw error;
      }
    }
  }

  /** What was read goes with it, so that the API server compares: it refuses what is based on less. */
  #conditional(changed: Content, { metadata }: Content): Content {
    const annotations = {
      ...changed.metadata?.annotations,
      [FENCING_ANNOTATION]: String(this.#term.fencingToken),
    };
    const version = metadata?.resourceVersion;
    return { ...changed, metadata: { ...changed.metadata, annotations, resourceVersion: version } };
  }

  #refuseIfLater({ metadata }: Content): void {
    const { fencingToken } = this.#term;
    const stored = metadata?.annotations?.[FENCING_ANNOTATION];
    if (stored === undefined) return;
    if (!/^\d+$/.test(stored)) {
      // To write over it would be to forget it.
      throw new LockError(
        `${this.#subject}: the annotation ${FENCING_ANNOTATION} must be a number. Has somebody ` +
          'else written it? Set it to "0" while no leader runs.',
        { kind: 'invalid' },
      );
    }
    if (BigInt(stored) <= fencingToken) return;
    throw new NotLeaderError(
      `${this.#subject}: a later leader, of token ${stored}, has written; nothing was written with ` +
        `token ${fencingToken}`,
    );
  }

  async #request(verb: 'get' | 'update', body?: Content): Promise<Content> {
    this.#term.assertLeading();
    const answer = await clientFor(this.#kubeConfig).request({
      method: verb === 'get' ? 'GET' : 'PUT',
      path: objectPath(this.#object, this.#object.namespace, this.#object.name),
      body,
      signal: this.#term.signal,
      subject: this.#subject,
    });
    return this.#read(verb, answer);
  }

  #read(verb: 'get' | 'update', answer: ApiResponse): Content {
    if (answer.status < 200 || answer.status > 299) throw answerError(this.#call(verb), answer);
    const version = (answer.json as Content | null | undefined)?.metadata?.resourceVersion;
    if (typeof version === 'string' && version !== '') return answer.json as Content;
    throw unusableAnswer(this.#call(verb), answer, 'an object without resourceVersion');
  }

  #call(verb: 'get' | 'update'): ApiCall {
    const { apiVersion, resource } = this.#object;
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    return { ...this.#object, verb, group, kind: resource, purpose: 'fenced' };
  }

  get #subject(): string {
    const { resource, namespace, name } = this.#object;
    return `${resource} ${namespace}/${name}`;
  }
}

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

const RULES: Readonly<Record<keyof FencedReference, { regExp: RegExp; rule: string }>> = {
  apiVersion: {
    regExp: /^([a-z0-9][-a-z0-9.]*\/)?v[a-z0-9]+$/,
    rule: 'must be the version of an API, such as "v1" or "apps/v1"',
  },
  resource: {
    regExp: /^[a-z][-a-z0-9]*$/,
    rule: 'must be a plural in lower case, such as "configmaps"',
  },
  namespace: { regExp: NAME, rule: 'must be the name of a namespace' },
  name: { regExp: NAME, rule: 'must be the name of an object' },
};

const RETURNS = 'must return the object as it shall be stored';

function checkChange(check: (problems: Problems) => unknown): void {
  const problems = new Problems('fenced().update()');
  check(problems);
  problems.throwIfAny();
}

function check(kubeConfig: KubeConfigLike, object: FencedReference, term: Term): void {
  const problems = new Problems('fenced()');
  const what = 'a KubeConfig of @kubernetes/client-node';
  problems.methods('kubeConfig', kubeConfig, what, KUBE_CONFIG_METHODS);
  if (problems.options(object, 'object')) {
    problems.unknown(object, Object.keys(RULES), 'object.');
    for (const [field, pattern] of Object.entries(RULES)) {
      problems.string(`object.${field}`, object[field], { maxLength: 253, pattern });
    }
  }
  if (problems.methods('term', term, 'the Term of onStartedLeading', ['assertLeading'])) {
    const { fencingToken } = term as { readonly fencingToken: unknown };
    const rule = 'must be the token of a term, a bigint';
    problems.require(typeof fencingToken === 'bigint', 'term.fencingToken', rule, fencingToken);
  }
  problems.throwIfAny();
}
