import { readFile } from 'node:fs/promises';
import { CredentialProblem, pluginOf, runPlugin, type PluginAnswer } from './exec-plugin.js';
import type { KubeCluster, KubeUser } from './kube-config-like.js';

/**
 * Runs credential plugins and reads token files in place of the client library. That keeps a token
 * until the end that was foretold for it (the text of a file for a minute), though the server has
 * refused it; it lets a plugin hang, tells it nothing, and cannot end it.
 */
export class UserCredentials {
  #known: { readonly key: string; readonly answer: PluginAnswer } | null = null;
  #running: { readonly key: string; readonly answer: Promise<PluginAnswer> } | null = null;

  /**
   * The user with a token and certificate in place of its plugin or token file.
   *
   * @throws {CredentialProblem} or what reading a file or starting a process throws
   */
  async of(user: KubeUser, cluster: KubeCluster): Promise<KubeUser> {
    const { exec: _, authProvider: __, tokenFile: ___, ...rest } = user;
    if (pluginOf(user) !== null) {
      // As for kubectl, a token that stands in the kubeconfig itself counts before the plugin's.
      if (hasText(user.token)) return rest;
      const { token, certificate, key } = await this.#ask(user, cluster);
      if (certificate === undefined || key === undefined) return { ...rest, token };
      const pem = { certData: base64(certificate), keyData: base64(key) };
      const files = { certFile: undefined, keyFile: undefined };
      return { ...rest, token, ...pem, ...files };
    }
    const file = tokenFileOf(user);
    return file === null ? user : { ...rest, token: await readToken(file, user.token) };
  }

  /** The server refused what there is: the plugin is asked anew. */
  forget(): void {
    this.#known = null;
  }

  async #ask(user: KubeUser, cluster: KubeCluster): Promise<PluginAnswer> {
    const spec = pluginOf(user) ?? {};
    const key = JSON.stringify([spec, cluster]);
    const known = this.#known?.key === key ? this.#known.answer : null;
    if (known !== null && (known.expiresAtMs === null || known.expiresAtMs > Date.now())) {
      return known;
    }
    // One that is under way gives what is newest, and is not joined by a second one.
    if (this.#running?.key === key) return this.#running.answer;
    const answer = runPlugin(spec, cluster);
    const run = { key, answer };
    this.#running = run;
    try {
      this.#known = { key, answer: await answer };
      return this.#known.answer;
    } finally {
      if (this.#running === run) this.#running = null;
    }
  }
}

/** Whether the token comes from a file, and from no plugin. */
export function readsToken(user: KubeUser | null): boolean {
  return user !== null && pluginOf(user) === null && tokenFileOf(user) !== null;
}

/** Of the kubeconfig's user, or as the client library has that of a pod's service account. */
function tokenFileOf({ tokenFile, authProvider }: KubeUser): string | null {
  const provider = authProvider as { config?: { tokenFile?: unknown } } | null | undefined;
  const file = tokenFile ?? provider?.config?.tokenFile;
  return hasText(file) ? file : null;
}

/** The file counts before a token beside it, as for kubectl, unless it cannot be read. */
async function readToken(file: string, beside: string | undefined): Promise<string> {
  const inPlace = hasText(beside) ? beside : null;
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (inPlace !== null) return inPlace;
    throw error;
  }
  if (token !== '') return token;
  if (inPlace !== null) return inPlace;
  throw new CredentialProblem(`the token file ${JSON.stringify(file)} is empty`);
}

function hasText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
