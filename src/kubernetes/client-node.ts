import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LockError } from '../errors/lock-error.js';
import { bareError } from './safe-reason.js';

/** Of version 1 or 2; what is used of it here is the same in both. */
export type ClientNodeModule = typeof import('@kubernetes/client-node');

/** How to get hold of it; tests put something else in its place. */
export interface ClientNodeSource {
  readonly nodeVersion: string;
  /** The version that is installed, or null when that cannot be told. */
  readonly installedVersion: () => string | null;
  /** Absent: as Node does. */
  readonly importModule?: () => Promise<ClientNodeModule>;
}

const PACKAGE = '@kubernetes/client-node';

/** Client-node 2 needs this Node: its HTTP client uses what came with it. */
const NODE_FOR_VERSION_2 = [22, 19] as const;

const installed: ClientNodeSource = {
  nodeVersion: process.version,
  installedVersion,
};

/**
 * Loads the optional peer dependency, which is needed for kubeconfig files alone, at the first use:
 * that costs more time and memory than all of this package.
 *
 * @throws LockError of kind `dependency`, with what to do about it
 */
export async function loadClientNode(
  source: ClientNodeSource = installed,
): Promise<ClientNodeModule> {
  const { nodeVersion, importModule } = source;
  const version = source.installedVersion();
  // On a Node that is too old for it, version 2 fails in a way that no `catch` can contain: beside
  // the import that rejects there is a second, unhandled rejection, which ends the process.
  if (isTooOld(nodeVersion) && isAtLeast2(version)) {
    throw new LockError(needsNewerNode(nodeVersion), { kind: 'dependency' });
  }
  try {
    if (importModule !== undefined) return await importModule();
    // Within `try`, a bundler lets it be where it is not installed, as for an application in a pod.
    return await import('@kubernetes/client-node');
  } catch (error) {
    // It names modules and files, and knows nothing of any cluster.
    const cause = bareError(error, []);
    throw new LockError(whyNotLoaded(error, { nodeVersion, version }), {
      kind: 'dependency',
      cause,
    });
  }
}

/** The sentence for a failed import of the peer dependency. */
function whyNotLoaded(
  error: unknown,
  { nodeVersion, version }: { readonly nodeVersion: string; readonly version: string | null },
): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const notFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  if (notFound && version === null && NAMES_PACKAGE.test(String(message))) {
    return (
      `${PACKAGE} is not installed, which reads kubeconfig files: run ` +
      `\`${install(nodeVersion)}\`.`
    );
  }
  const which = version === null ? PACKAGE : `${PACKAGE} ${version}`;
  const advice = (typeof code === 'string' ? ADVICE[code] : undefined) ?? '';
  const bundled = String(message).startsWith('Dynamic require of ') ? BUNDLED_BY_ESBUILD : '';
  return `${which} could not be loaded on Node ${nodeVersion}: ${reasonOf(error)}.${advice}${bundled}`;
}

/** The package is what was looked for, and not just where something else was missing. */
const NAMES_PACKAGE = new RegExp(`(package|module|load) '?"?${PACKAGE}`, 'i');

const GIVE_ONE = 'give the lock a kubeConfig that you have loaded yourself';
const IS_A_MODULE =
  ` It is an ES module, and is loaded here with require(): let your bundler leave import() as it ` +
  `is or bundle to ESM, use a Node that can require ES modules, or ${GIVE_ONE}.`;

const BUNDLED_BY_ESBUILD =
  ' It uses CommonJS packages, which esbuild cannot put into an ES module without more ado: let it ' +
  `leave the client out (external: ['${PACKAGE}']), or bundle to CommonJS.`;

/** What is behind a code, where that is known. */
const ADVICE: Readonly<Record<string, string>> = {
  ERR_REQUIRE_ESM: IS_A_MODULE,
  ERR_REQUIRE_ASYNC_MODULE: IS_A_MODULE,
  ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG:
    ' Jest is like this: start it with NODE_OPTIONS=--experimental-vm-modules, or ' +
    `${GIVE_ONE}.`,
  ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING: ` This code runs in a vm context that cannot import modules: ${GIVE_ONE}.`,
};

/** Code and message; these name modules and files. */
function reasonOf(error: unknown): string {
  const { code, name, message } = (error ?? {}) as Record<string, unknown>;
  const what = [code, name].find((one) => typeof one === 'string' && one !== '');
  const line = typeof message === 'string' ? (message.split('\n', 1)[0] ?? '') : String(error);
  const said = line.replace(/\.$/, '').slice(0, 300);
  return typeof what === 'string' ? `${what}: ${said}` : said;
}

function needsNewerNode(nodeVersion: string): string {
  return (
    `${PACKAGE} could not be loaded on Node ${nodeVersion}: its version 2 needs Node ` +
    `${NODE_FOR_VERSION_2.join('.')} or newer, so run \`${install(nodeVersion)}\`.`
  );
}

function install(nodeVersion: string): string {
  return `npm install ${PACKAGE}@${isTooOld(nodeVersion) ? '^1.4.0' : 'latest'}`;
}

function isTooOld(nodeVersion: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number);
  const [neededMajor, neededMinor] = NODE_FOR_VERSION_2;
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

function isAtLeast2(version: string | null): boolean {
  return version !== null && Number.parseInt(version, 10) >= 2;
}

/** Reads the manifest where Node would look for the package, without loading any of its code. */
function installedVersion(): string | null {
  try {
    const places = createRequire(import.meta.url).resolve.paths(PACKAGE) ?? [];
    for (const place of places) {
      const version = versionAt(join(place, PACKAGE, 'package.json'));
      if (version !== null) return version;
    }
  } catch {
    // Bundled, or resolved by something other than folders: the import will tell.
  }
  return null;
}

function versionAt(manifest: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}
