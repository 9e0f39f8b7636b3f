import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { KubeCluster, KubeUser } from './kube-config-like.js';

/** What a credential plugin has answered. */
export interface PluginAnswer {
  readonly token: string | undefined;
  /** As PEM, both or neither. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** In milliseconds since 1970; null when it is good until the server refuses it. */
  readonly expiresAtMs: number | null;
}

/** What is read of a kubeconfig's `exec`. */
interface PluginSpec {
  readonly apiVersion?: unknown;
  readonly command?: unknown;
  readonly args?: unknown;
  readonly env?: unknown;
  readonly interactiveMode?: unknown;
  readonly provideClusterInfo?: unknown;
}

/** Why there are no credentials, in words that hold no secret. */
export class CredentialProblem extends Error {}

/**
 * How long a plugin may take, in milliseconds. kubectl waits for ever; here somebody waits for the
 * lease, and a plugin that hangs does better when it is run again.
 */
const PLUGIN_LIMIT_MS = 15_000;

/** Many times what a token and a certificate weigh. */
const MAX_OUTPUT = 1024 * 1024;

/** The plugin of this user, or null when it has none. */
export function pluginOf(user: KubeUser | null): PluginSpec | null {
  const provider = user?.authProvider as { config?: { exec?: unknown } } | null | undefined;
  const exec = user?.exec ?? provider?.config?.exec;
  return typeof exec === 'object' && exec !== null ? exec : null;
}

/** The plugin's command without its arguments, which may be secret; null when there is none. */
export function pluginCommand(user: KubeUser | null): string | null {
  const command = pluginOf(user)?.command;
  return typeof command === 'string' ? command : null;
}

/**
 * Runs the plugin and waits for its answer. It runs in a process group of its own, which ends with
 * the limit or with this process, and which keeps this process from nothing.
 *
 * @throws {CredentialProblem} or what `spawn` throws
 */
export async function runPlugin(
  spec: PluginSpec,
  cluster: KubeCluster,
  limitMs = PLUGIN_LIMIT_MS,
): Promise<PluginAnswer> {
  const { command, args, env } = spec;
  if (typeof command !== 'string' || command === '') {
    throw new CredentialProblem('the kubeconfig gives it no command');
  }
  if (spec.interactiveMode === 'Always') {
    throw new CredentialProblem('it has to ask at a terminal (interactiveMode: Always)');
  }
  const own = (Array.isArray(env) ? env : []) as { name?: unknown; value?: string }[];
  const output = await outputOf(
    command,
    Array.isArray(args) ? args.map(String) : [],
    {
      ...process.env,
      ...Object.fromEntries(own.map(({ name, value }) => [String(name), value ?? ''])),
      KUBERNETES_EXEC_INFO: await execInfo(spec, cluster),
    },
    limitMs,
  );
  return readAnswer(output);
}

/** What a plugin is told, in the words of `client.authentication.k8s.io`. */
async function execInfo(spec: PluginSpec, cluster: KubeCluster): Promise<string> {
  const { apiVersion = 'client.authentication.k8s.io/v1', provideClusterInfo } = spec;
  const told = provideClusterInfo === true ? { cluster: await clusterInfo(cluster) } : {};
  return JSON.stringify({
    apiVersion,
    kind: 'ExecCredential',
    spec: { ...told, interactive: false },
  });
}

async function clusterInfo(cluster: KubeCluster): Promise<object> {
  const { caData, caFile } = cluster;
  // As the client library has it, which checks the certificate of the server by the same.
  const ca = caFile ? (await readFile(caFile)).toString('base64') : caData;
  return {
    server: cluster.server,
    'tls-server-name': cluster.tlsServerName,
    'insecure-skip-tls-verify': cluster.skipTLSVerify === true ? true : undefined,
    'certificate-authority-data': ca,
    'proxy-url': cluster.proxyUrl,
    config: cluster.execConfig,
  };
}

/** Plugins that run now. They end with this process, however that ends in good order. */
const running = new Set<() => void>();

function endAll(): void {
  for (const end of running) end();
}

async function outputOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<string> {
  // Loaded here: in a pod there is no plugin, and a process that waits shall be light.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const hasGroup = process.platform !== 'win32';
    const child = spawn(command, args, {
      env,
      // What it says beside its answer may be secret.
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: hasGroup,
      windowsHide: true,
    });
    const { pid } = child;
    const stdout = child.stdout as Readable | undefined;
    if (stdout === undefined) {
      // No file can be opened any more: there is neither a process nor a pipe, and an error to come.
      child.once('error', reject);
      return;
    }
    const end = (): void => {
      stdout.destroy();
      try {
        if (hasGroup && pid !== undefined) process.kill(-pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    if (running.size === 0) process.once('exit', endAll);
    running.add(end);
    const settle = (outcome: () => void): void => {
      clearTimeout(limit);
      running.delete(end);
      if (running.size === 0) process.off('exit', endAll);
      outcome();
    };
    const giveUp = (why: string): void => {
      end();
      settle(() => reject(new CredentialProblem(why)));
    };
    const limit = setTimeout(() => {
      giveUp(`it did not answer within ${limitMs / 1000} s and was ended`);
    }, limitMs);
    // Whoever waits for the answer has a deadline, which keeps this process alive for that long.
    limit.unref();
    child.unref();
    if (stdout instanceof Socket) stdout.unref();
    let output = '';
    stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT) giveUp('its answer is larger than 1 MB, so it was ended');
    });
    child.once('error', (error) => settle(() => reject(error)));
    child.once('close', (code, signal) => {
      if (code === 0) settle(() => resolve(output));
      else {
        const how = code === null ? `by ${signal ?? 'a signal'}` : `with exit code ${code}`;
        settle(() => reject(new CredentialProblem(`it ended ${how}`)));
      }
    });
  });
}

function readAnswer(output: string): PluginAnswer {
  const { status } = (JSON.parse(output) ?? {}) as { status?: Record<string, unknown> | null };
  const text = (field: string): string | undefined => {
    const value = status?.[field];
    return typeof value === 'string' && value.trim() !== '' ? value : undefined;
  };
  const token = text('token');
  const certificate = text('clientCertificateData');
  const key = text('clientKeyData');
  if ((certificate === undefined) !== (key === undefined)) {
    throw new CredentialProblem('its answer has a certificate without a key, or the reverse');
  }
  if (token === undefined && certificate === undefined) {
    throw new CredentialProblem('its answer has neither a token nor a client certificate');
  }
  const expiresAtMs = Date.parse(text('expirationTimestamp') ?? '');
  return { token, certificate, key, expiresAtMs: Number.isNaN(expiresAtMs) ? null : expiresAtMs };
}
