import type { IncomingHttpHeaders } from 'node:http';

/** A user that the API server knows by a static bearer token. */
export interface ApiServerUser {
  readonly name: string;
  readonly token: string;
}

/** One RBAC rule, in the shape of `rules[]` of a Role. */
export interface RbacRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface KubeConfigOptions {
  /** The namespace of the context. Without it the context has none, so clients use `default`. */
  readonly namespace?: string;
  /** Where clients connect to, for example a proxy on 127.0.0.1. Default: the server itself. */
  readonly server?: string;
  /** A bearer token to use instead of the user's own, for example a wrong or expired one. */
  readonly token?: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where the server says that it sent JSON, otherwise the text. */
  readonly body: unknown;
}

/** An entry of the audit log, as `audit.k8s.io/v1` defines it; only what tests read is named. */
export interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly user: {
    readonly username: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

export interface StartApiServerOptions {
  /** More users with a token and no rights, beside the built-in ones. */
  readonly users?: readonly string[];
  /** Write an audit log of every request (metadata only), read with `auditLog()`. */
  readonly audit?: boolean;
  /** More flags for kube-apiserver, such as `--min-request-timeout=5`. */
  readonly apiServerArguments?: readonly string[];
}

/**
 * A real kube-apiserver on its own etcd, both on free ports of 127.0.0.1.
 *
 * Built-in users: `admin` may do everything; `candidate` has, in `default` and in every namespace
 * made with `createNamespace`, exactly the rights that a candidate needs; `reader` may get, list
 * and watch everywhere; `nobody` is known and has no rights.
 */
export interface RunningApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`; the same after `startApiServerAgain()`. */
  readonly url: string;
  /** The certificate authority that signed the server's certificate, as PEM. */
  readonly caCertificate: string;
  /** Of the processes running now, or of the last ones that ran. */
  readonly pids: { readonly apiServer: number; readonly etcd: number };

  /** @throws Error for a name that is neither built in nor in `StartApiServerOptions.users`. */
  user(name: string): ApiServerUser;
  /** The text of a kubeconfig file. Default user: `admin`. */
  kubeConfig(user?: string, options?: KubeConfigOptions): string;
  /** Writes that text to a new file, mode 0600, that goes away with the server. */
  writeKubeConfig(user?: string, options?: KubeConfigOptions): Promise<string>;

  /**
   * One HTTPS request, given up after 30 s. Any status is an answer; it rejects only where none
   * came. `user` is a user's name, or a token of any kind.
   */
  request(
    user: string | { readonly token: string },
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiResponse>;

  /** Makes the namespace where it is missing, and grants `candidate` its rights there. */
  createNamespace(name: string): Promise<void>;
  /**
   * Gives the user exactly these rights in the namespace, in place of what an earlier `grant` gave,
   * and resolves once the server acts on it. Namespace `*` stands for the whole cluster. A service
   * account is the user `system:serviceaccount:NAMESPACE:NAME`.
   */
  grant(user: string, namespace: string, rules: readonly RbacRule[]): Promise<void>;
  /** Takes away what `grant` or `createNamespace` gave, and resolves once the server acts on it. */
  revoke(user: string, namespace: string): Promise<void>;

  /**
   * A token that expires by itself (TokenRequest API; the server refuses less than 600 s), of a
   * service account that is made where it is missing. It has no rights until `grant`.
   *
   * A token stops being valid, with 401, when it expires or when its service account is deleted.
   * The server remembers a token that it has accepted for 10 s, so the 401 may come that much
   * later. A token that it never accepted gets its 401 at once.
   */
  serviceAccountToken(
    namespace: string,
    name: string,
    options?: { readonly expirationSeconds?: number },
  ): Promise<string>;

  /** The requests served so far. @throws Error where the server was started without `audit`. */
  auditLog(): Promise<AuditEvent[]>;
  /** CPU time used so far by the processes running now, in milliseconds. Linux only. */
  cpuMillis(): Promise<{ apiServer: number; etcd: number }>;

  /**
   * Sends a signal, SIGKILL by default, and waits for the end of the process. SIGSTOP and SIGCONT,
   * which freeze and thaw it, are only sent.
   */
  killApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it on the same port, certificate and data, and waits until it is ready. */
  startApiServerAgain(): Promise<void>;
  killEtcd(signal?: NodeJS.Signals): Promise<void>;
  startEtcdAgain(): Promise<void>;
  /** Ends both processes and removes all their files. Can be called again. */
  stop(): Promise<void>;
}
