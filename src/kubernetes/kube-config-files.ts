import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { printable } from '../text/printable.js';
import type { ClientNodeModule } from './client-node.js';
import { safeReason } from './safe-reason.js';

type Fields = Readonly<Record<string, unknown>>;

/** What is used of the client library here; the same in its versions 1 and 2. */
export type KubeConfigLibrary = Pick<ClientNodeModule, 'KubeConfig' | 'loadYaml'>;

/** What is wrong with kubeconfig files, in words that quote nothing of them. */
export class KubeConfigProblem extends Error {}

/** The files that kubectl would read: those of KUBECONFIG, else `~/.kube/config` if there is one. */
export function defaultFiles(): string[] {
  const named = namedFiles();
  if (named.length > 0) return named;
  const usual = homes().map((home) => join(home, '.kube', 'config'));
  return usual.filter((file) => existsSync(file)).slice(0, 1);
}

/** What errors call it, with what has named its files. */
export function nameOfDefault(files: readonly string[]): string {
  const named = files.join(delimiter);
  const where = namedFiles().length === 0 ? named : `KUBECONFIG=${named}`;
  return `the default kubeconfig (${printable(where, { most: 1000 })})`;
}

function namedFiles(): string[] {
  return (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((name) => name !== '');
}

/** Where kubectl looks for it: on Windows in more than one place. */
function homes(): string[] {
  const { HOME = '', HOMEDRIVE = '', HOMEPATH = '', USERPROFILE = '' } = process.env;
  const all = process.platform === 'win32' ? [HOME, HOMEDRIVE + HOMEPATH, USERPROFILE] : [HOME];
  return all.filter((home) => home !== '');
}

/**
 * That none of the files exists is said before the client library is loaded, or found missing.
 *
 * @throws KubeConfigProblem
 */
export function refuseMissing(files: readonly string[]): void {
  if (!files.some((file) => existsSync(file))) throw noneExists(files);
}

function noneExists({ length }: readonly string[]): KubeConfigProblem {
  const which = length === 1 ? 'this file does not exist' : 'none of these files exists';
  return new KubeConfigProblem(which);
}

/**
 * Reads kubeconfig files as kubectl does. The client library takes the last current-context and
 * refuses names that occur twice and files that are missing; it passes over `tokenFile`,
 * `as-groups`, `as-uid` and `as-user-extra`, and looks for a relative plugin in the working folder.
 *
 * @throws KubeConfigProblem where one cannot be read or parsed, or none exists
 */
export function loadKubeConfigFiles(
  library: KubeConfigLibrary,
  files: readonly string[],
): KubeConfig {
  const found = files.flatMap((file) => {
    try {
      return [readPart(library, file)];
    } catch (error) {
      const { code } = (error ?? {}) as { readonly code?: unknown };
      if (code === 'ENOENT') return [];
      const which = files.length === 1 ? '' : `${printable(file)}: `;
      const why = typeof code === 'string' ? `it cannot be read (${code})` : safeReason(error);
      throw new KubeConfigProblem(`${which}${why}`);
    }
  });
  if (found.length === 0) throw noneExists(files);
  const whole = new library.KubeConfig();
  whole.loadFromOptions({
    clusters: firstOfEachName(found.map(({ clusters }) => clusters)),
    users: firstOfEachName(found.map(({ users }) => users)),
    contexts: firstOfEachName(found.map(({ contexts }) => contexts)),
    currentContext: found.map(({ currentContext }) => currentContext).find(Boolean),
  });
  return whole;
}

function firstOfEachName<T extends { readonly name: string }>(lists: readonly T[][]): T[] {
  const firsts = new Map<string, T>();
  for (const entry of lists.flat()) if (!firsts.has(entry.name)) firsts.set(entry.name, entry);
  return [...firsts.values()];
}

function readPart(library: KubeConfigLibrary, file: string): KubeConfig {
  const text = readFileSync(file, 'utf8');
  const part = new library.KubeConfig();
  // An empty file is a kubeconfig with nothing in it.
  if (text.replace(/^\s*#.*$/gm, '').trim() === '') return part;
  part.loadFromString(text);
  const raw = asFields(library.loadYaml<unknown>(text));
  const from = dirname(resolve(file));
  const clusters = listOf(raw['clusters']);
  const users = listOf(raw['users']);
  part.clusters = part.clusters.map((cluster, at) => ({
    ...cluster,
    ...clusterFields(asFields(clusters[at]?.['cluster']), from),
  }));
  part.users = part.users.map((user, at) => ({
    ...user,
    ...userFields(asFields(users[at]?.['user']), from),
  }));
  return part;
}

/** Under the names that the client library gives them, where it has one. */
function clusterFields(raw: Fields, from: string): object {
  const extension = listOf(raw['extensions']).find(({ name }) => name === EXEC_EXTENSION);
  return {
    ...fileUnlessData(raw, 'certificate-authority', 'caFile', from),
    ...(extension === undefined ? {} : { execConfig: extension['extension'] }),
  };
}

/** Where a cluster keeps what is meant for the credential plugins of its users. */
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

function userFields(raw: Fields, from: string): object {
  const { exec, token } = raw;
  return {
    ...fileUnlessData(raw, 'client-certificate', 'certFile', from),
    ...fileUnlessData(raw, 'client-key', 'keyFile', from),
    ...(isText(raw['tokenFile']) ? { tokenFile: absolute(from, raw['tokenFile']) } : {}),
    // So that an empty one can be told from none.
    ...(typeof token === 'string' ? { token } : {}),
    ...(exec === undefined || exec === null ? {} : { exec: withCommand(asFields(exec), from) }),
    impersonateGroups: raw['as-groups'],
    impersonateUid: raw['as-uid'],
    impersonateUserExtra: raw['as-user-extra'],
  };
}

/** The data counts where both are given. */
function fileUnlessData(raw: Fields, key: string, field: string, from: string): object {
  const file = raw[key];
  if (!isText(file)) return {};
  return { [field]: isText(raw[`${key}-data`]) ? undefined : absolute(from, file) };
}

/** A bare name is looked for in PATH, anything else beside the kubeconfig. */
function withCommand(exec: Fields, from: string): Fields {
  const { command } = exec;
  const isPath = isText(command) && (command.includes('/') || command.includes(sep));
  return isPath ? { ...exec, command: absolute(from, command) } : exec;
}

function absolute(from: string, file: string): string {
  return isAbsolute(file) ? file : join(from, file);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(asFields) : [];
}
