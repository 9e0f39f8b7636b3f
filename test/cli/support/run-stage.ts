import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startEmbeddedApiServer,
  type EmbeddedApiServer,
  type EmbeddedApiServerOptions,
} from '../../../src/testing.js';
import { buildCli, type BuiltCli } from './built-cli.js';
import { CliProcess, type CliOptions } from './cli-process.js';

/** So long that on a busy machine the guard has started, and the command, long before the deadline. */
const TIMINGS = ['--lease-duration', '8', '--renew-deadline', '6', '--retry-period', '1'];

/** From the end of `run`, by whatever, until its guard has killed the command. */
export const GUARDED_MS = 7600;

/** An API server, and the command line that competes on it. */
export class RunStage implements AsyncDisposable {
  readonly #running: CliProcess[] = [];

  private constructor(
    readonly cli: BuiltCli,
    readonly server: EmbeddedApiServer,
    /** For files; deleted at the end. */
    readonly directory: string,
  ) {}

  static async set(options?: EmbeddedApiServerOptions): Promise<RunStage> {
    const cli = await buildCli();
    const server = await startEmbeddedApiServer(options);
    const directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-run-'));
    writeFileSync(join(directory, 'kubeconfig'), server.kubeConfig());
    return new RunStage(cli, server, directory);
  }

  /** The command `run`, with timings of a few seconds. */
  start(args: readonly string[], options?: CliOptions): CliProcess {
    const flags = ['--kubeconfig', join(this.directory, 'kubeconfig'), ...TIMINGS];
    const started = new CliProcess(this.cli.script, ['run', ...flags, ...args], options);
    this.#running.push(started);
    return started;
  }

  /** Empty after a release, undefined where there is no lease. */
  holderOf(name: string): unknown {
    const lease = this.server.store.get({ resource: 'leases', namespace: 'default', name });
    return (lease?.['spec'] as { holderIdentity?: unknown } | undefined)?.holderIdentity;
  }

  /** Ends what was started. */
  clear(): void {
    for (const { child } of this.#running.splice(0)) child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    this.cli.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
