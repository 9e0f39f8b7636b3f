import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { isCi } from './ci.js';
import { findProgram, installPackages } from './debian.js';
import { MissingToolError } from './missing-tool-error.js';
import { report } from './progress.js';

const run = promisify(execFile);

export const MISSING = 'ip is not installed (Debian: apt-get install iproute2)';

/**
 * `ip`, which in CI is installed where it is missing.
 *
 * @throws MissingToolError where it cannot be had
 */
export async function ensureIp(): Promise<string> {
  if ((await findProgram('ip')) === null && isCi()) await installPackages(['iproute2'], MISSING);
  const ip = await findProgram('ip');
  if (ip === null) throw new MissingToolError(MISSING);
  return ip;
}

/** Of this process: what has gone may be there still for a moment. */
let made = 0;

/** A network of its own, as another machine has one, and a cable from this one to it. */
export class NetworkNamespace implements AsyncDisposable {
  /** This machine, as the other one knows it. */
  readonly hostAddress: string;
  readonly #ip: string;
  readonly #name: string;

  private constructor(ip: string, name: string, hostAddress: string) {
    this.#ip = ip;
    this.#name = name;
    this.hostAddress = hostAddress;
  }

  /** @throws Error where this machine does not allow it: not root, or a container without the right */
  static async make(): Promise<NetworkNamespace> {
    const ip = await ensureIp();
    made += 1;
    const name = `kle${process.pid}n${made}`;
    const [here, there] = [`${name}h`, `${name}t`];
    const network = `10.213.${(process.pid + made) % 250}`;
    const namespace = new NetworkNamespace(ip, name, `${network}.1`);
    const inside = ['-n', name];
    try {
      await run(ip, ['netns', 'add', name]);
      await run(ip, ['link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name]);
      await run(ip, ['addr', 'add', `${network}.1/30`, 'dev', here]);
      await run(ip, ['link', 'set', here, 'up']);
      await run(ip, [...inside, 'addr', 'add', `${network}.2/30`, 'dev', there]);
      await run(ip, [...inside, 'link', 'set', there, 'up']);
      await run(ip, [...inside, 'link', 'set', 'lo', 'up']);
      return namespace;
    } catch (error) {
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What to start so that this program runs there. It takes the place of `ip`, with its process id. */
  command(program: string, args: readonly string[]): readonly [string, readonly string[]] {
    return [this.#ip, ['netns', 'exec', this.#name, program, ...args]];
  }

  /** The cable goes with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run(this.#ip, ['netns', 'del', this.#name]).catch(() => undefined);
  }
}

/**
 * `describe` for tests between two networks. Where none can be made, they are skipped with a loud
 * line; in CI that is a failure where all that is missing can be installed.
 */
export async function describeWithNamespaces(name: string, define: () => void): Promise<void> {
  const problem = await whyNot();
  if (problem === null || (isCi() && problem instanceof MissingToolError)) {
    describe(name, define);
    return;
  }
  report(`SKIPPED "${name}": no network namespace can be made here: ${problem.message}`);
  describe.skip(name, define);
}

async function whyNot(): Promise<Error | null> {
  try {
    await using made = await NetworkNamespace.make();
    return made.hostAddress === '' ? new Error('it has no address') : null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
