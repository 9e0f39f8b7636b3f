import { LeaderElection } from '../../election/leader-election.js';
import type { Outcome } from '../../config/leader-election-config.js';
import type { Term } from '../../term/term.js';
import type { KubernetesLock } from '../../lock/kubernetes-lock.js';
import { CliError, UsageError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { machineInstant } from '../machine-time.js';
import { whenParentIsGone } from '../parent.js';
import { pause } from '../pause.js';
import type { Program } from '../program.js';
import { environmentOf } from './environment.js';
import { describeEnd, exitCodeFor } from './exit-code.js';
import { findCommand } from './find-command.js';
import { GuardedCommand, type CommandEnd } from './guarded-command.js';
import type { HttpEndpoint, ListenAddress } from './http-endpoint.js';
import { leaseTimes } from './lease-guard.js';
import type { RunLog } from './log.js';
import { Monitor, noteAnswers } from './monitor.js';
import { type LockWanted, openLock } from './open-lock.js';
import { restartPauseMs } from './restart-pause.js';
import { catchSignals, meansTheEnd } from './signals.js';

export interface RunOptions extends LockWanted {
  /** Empty: lead without one, for programs that ask the HTTP endpoint. */
  readonly command: readonly string[];
  readonly restart: boolean;
  readonly graceSeconds: number;
  readonly http: ListenAddress | null;
  /** Go on when the process that started this one is gone. */
  readonly outliveParent: boolean;
}

/** So long after the grace period `stop()` gives up waiting for a command that was killed. */
const DRAIN_SLACK_SECONDS = 10;

/** Competes for the lock, and runs the command while leading. Resolves with the exit code. */
export async function run(options: RunOptions, log: RunLog, program: Program): Promise<number> {
  const [file] = options.command;
  if (file !== undefined) {
    const found = findCommand(file, process.env['PATH']);
    if (!found.found) {
      const missing = found.why === 'notFound';
      log.error({ command: file }, missing ? 'There is no such command' : 'It is not executable');
      return missing ? EXIT.notFound : EXIT.notExecutable;
    }
  }
  const runner = new Runner(options, log, program);
  try {
    return await runner.run();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    log.error({ err: error }, 'This candidate has failed');
    return EXIT.runFailed;
  } finally {
    await runner.close();
  }
}

const PARENT_GONE =
  'The process that started this one is gone: ending as after SIGTERM (see --outlive-parent)';

class Runner {
  readonly #options: RunOptions;
  readonly #log: RunLog;
  readonly #program: Program;
  readonly #monitor = new Monitor();
  readonly #leaveSignals: () => void;
  readonly #leaveParent: () => void;
  readonly #stopping = new AbortController();
  /** The first signal that asked for the end. */
  #stopSignal: NodeJS.Signals | null = null;
  #http: HttpEndpoint | null = null;
  #lock: KubernetesLock | null = null;
  #command: GuardedCommand | null = null;
  #end: CommandEnd | null = null;
  #startedAt = 0;

  constructor(options: RunOptions, log: RunLog, program: Program) {
    this.#options = options;
    this.#log = log;
    this.#program = program;
    this.#leaveSignals = catchSignals((signal) => this.#onSignal(signal));
    this.#leaveParent = options.outliveParent
      ? () => undefined
      : whenParentIsGone(() => this.#onParentGone(), { env: process.env });
  }

  async run(): Promise<number> {
    const election = await this.#open();
    const { command, restart } = this.#options;
    // Without a command there is no end to report: a sidecar stays a candidate.
    const again = restart || command.length === 0;
    for (let quickEnds = 0; ;) {
      this.#end = null;
      const outcome = await election.run({ signal: this.#stopping.signal });
      // After an overrun the command may still be about to end.
      await this.#command?.ended;
      if (!again || this.#stopping.signal.aborted) return this.#exitCode(outcome);
      const ranForMs = this.#end === null ? 0 : performance.now() - this.#startedAt;
      const { timings } = this.#options.common;
      const next = restartPauseMs(ranForMs, quickEnds, timings, Math.random);
      quickEnds = next.quickEnds;
      this.#log.info({ reason: outcome.reason, inMs: next.ms }, 'Competes again');
      await pause(next.ms, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return this.#exitCode(outcome);
    }
  }

  async close(): Promise<void> {
    this.#leaveSignals();
    this.#leaveParent();
    await this.#http?.close();
  }

  async #open(): Promise<LeaderElection> {
    const { common, command, graceSeconds, http } = this.#options;
    const { name, timings } = common;
    if (http !== null) this.#http = await this.#listen(http);
    const lock = await openLock(this.#options);
    this.#lock = lock;
    const election: LeaderElection = new LeaderElection({
      lock: noteAnswers(lock, this.#monitor.answered),
      ...timings,
      drainTimeoutSeconds: graceSeconds + DRAIN_SLACK_SECONDS,
      releaseWhenDone: command.length > 0,
      onStartedLeading: (term) => this.#lead(election, term),
      onStoppedLeading: (reason) => {
        // Somebody else holds the lock already: there is no time left to end in good order.
        if (reason === 'superseded') this.#command?.kill();
      },
      logger: this.#log,
    });
    this.#monitor.attach(election);
    this.#http?.tellOf(election, name);
    this.#log.info(
      {
        as: election.identity,
        for: lock.description,
        ...(this.#http === null ? {} : { http: this.#http.url }),
      },
      'Competing',
    );
    return election;
  }

  async #listen(address: ListenAddress): Promise<HttpEndpoint> {
    const { leaseDurationSeconds, retryPeriodSeconds } = this.#options.common.timings;
    const readyWithinMs = (leaseDurationSeconds + 2.2 * retryPeriodSeconds) * 1000;
    const endpoint = await import('./http-endpoint.js');
    return endpoint.HttpEndpoint.listen({ address, monitor: this.#monitor, readyWithinMs });
  }

  /** Runs the command for one term. Resolves when nothing of it is left. */
  async #lead(election: LeaderElection, term: Term): Promise<void> {
    const { command, graceSeconds, common } = this.#options;
    if (command.length === 0) return;
    // The chart is in the middle of its transition; after it, the lease can be read.
    await Promise.resolve();
    const { actor } = election;
    const lease = actor.getSnapshot().context.lease;
    if (lease === null || term.signal.aborted) return;
    let { validFrom } = lease;
    const { kind, name, timings } = common;
    const { leaseDurationSeconds, renewDeadlineSeconds } = timings;
    const guarded = new GuardedCommand(
      {
        program: this.#program,
        command,
        env: environmentOf(term, { kind, name, namespace: this.#lock?.namespace ?? '' }),
        times: leaseTimes(leaseDurationSeconds * 1000, renewDeadlineSeconds * 1000),
        graceMs: graceSeconds * 1000,
        validFrom: machineInstant(validFrom),
      },
      this.#commandEvents(),
    );
    this.#command = guarded;
    this.#startedAt = performance.now();
    const renewals = actor.subscribe(({ context }) => {
      const latest = context.lease?.validFrom;
      if (latest === undefined || latest === validFrom) return;
      validFrom = latest;
      guarded.extend(machineInstant(latest));
    });
    const tell = (): void => guarded.stop(this.#stopSignal ?? 'SIGTERM');
    term.signal.addEventListener('abort', tell, { once: true });
    this.#end = await guarded.ended;
    term.signal.removeEventListener('abort', tell);
    renewals.unsubscribe();
    this.#command = null;
    this.#monitor.commandRunning = false;
    this.#log.info(describeEnd(this.#end), 'The command has ended');
    if (this.#end.kind === 'guardFailed') {
      throw new CliError('The process that guards the command is gone; the command was killed.');
    }
  }

  #commandEvents(): ConstructorParameters<typeof GuardedCommand>[1] {
    return {
      started: (pid) => {
        this.#monitor.commandStarted();
        this.#log.info({ pid }, 'The command has started');
      },
      told: (signal, killInMs) => {
        const { graceSeconds } = this.#options;
        const seconds = Number((killInMs / 1000).toFixed(1));
        // While the lease is renewed, it is the grace period that counts.
        const kill =
          seconds < graceSeconds
            ? { graceSeconds, unlessRenewedKilledInSeconds: seconds }
            : { killInSeconds: seconds };
        this.#log.info({ signal, ...kill }, 'The command was told to end');
      },
      killed: () => this.#log.warn({}, 'The command had not ended in time and was killed'),
    };
  }

  #onSignal(signal: NodeJS.Signals): void {
    const command = this.#command;
    const ends = meansTheEnd(signal, command !== null);
    // The command is told to end by the very signal that ends the candidacy: it gets it once.
    const isHowItIsTold = ends && this.#stopSignal === null && command?.wasTold === false;
    if (!isHowItIsTold) command?.signal(signal);
    if (!ends) return;
    this.#stopSignal ??= signal;
    this.#stopping.abort();
  }

  /** Such as npx, which nobody could reach us through any more: an orphan would lead on for ever. */
  #onParentGone(): void {
    this.#log.warn({}, PARENT_GONE);
    this.#onSignal('SIGTERM');
  }

  #exitCode(outcome: Outcome): number {
    if (this.#options.command.length === 0) return EXIT.ok;
    return exitCodeFor(this.#end, outcome, this.#stopSignal);
  }
}
