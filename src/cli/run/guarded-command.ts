import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { elapsedForHolder, type Instant } from '../../time/clock.js';
import { machineInstant } from '../machine-time.js';
import { ROLES, type Program } from '../program.js';
import type { FromGuard, ToGuard } from './guard-messages.js';
import type { LeaseTimes } from './lease-guard.js';
import { groupIsAlive, groupsStartedWith, signalGroup } from './process-group.js';

export interface CommandToGuard {
  readonly program: Program;
  readonly command: readonly string[];
  /** Added to our own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly times: LeaseTimes;
  readonly graceMs: number;
  readonly validFrom: Instant;
}

/** How the command came out. It, and all of its process group, are gone then. */
export type CommandEnd =
  | { readonly kind: 'ended'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** With the system's name for why, such as `ENOENT`. */
  | { readonly kind: 'notStarted'; readonly code: string }
  /** The guard is gone, and we have killed the command ourselves. */
  | { readonly kind: 'guardFailed' };

export interface CommandEvents {
  started(pid: number): void;
  told(signal: NodeJS.Signals, killInMs: number): void;
  killed(): void;
}

/** How much later than the guard we kill the command ourselves, should the guard not do it. */
const BACKSTOP_MS = 50;
/** And how much later we give up on the guard, too. */
const GIVE_UP_MS = 2000;
const LOOK_MS = 20;
/** How long a command that the guard has started, and not told of, may take to be seen by its variables. */
const UNTOLD_MS = 500;

/** Our side of a command that runs under a guard. */
export class GuardedCommand {
  /** Never rejects. */
  readonly ended: Promise<CommandEnd>;
  readonly #guard: ChildProcess;
  readonly #times: LeaseTimes;
  readonly #events: CommandEvents;
  /** By which the command is found if the guard has not told of it. */
  readonly #env: Readonly<Record<string, string>>;
  #validFrom: Instant;
  #pid: number | null = null;
  #told = false;
  #backstop: NodeJS.Timeout | undefined;

  constructor(options: CommandToGuard, events: CommandEvents) {
    const { program, command, env, times, graceMs, validFrom } = options;
    this.#times = times;
    this.#events = events;
    this.#env = env;
    this.#validFrom = validFrom;
    this.#guard = fork(program.script, [ROLES.guard], {
      detached: true,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    this.ended = this.#settle();
    this.#send({ type: 'start', command, env, times, graceMs, validFrom });
    this.#armBackstop();
  }

  /** Null until the command has started. */
  get pid(): number | null {
    return this.#pid;
  }

  /** Whether it was told to end, by us or by the guard. */
  get wasTold(): boolean {
    return this.#told;
  }

  extend(validFrom: Instant): void {
    this.#validFrom = validFrom;
    this.#send({ type: 'extend', validFrom });
    this.#armBackstop();
  }

  /** Passes a signal on. */
  signal(signal: NodeJS.Signals): void {
    this.#send({ type: 'signal', signal });
  }

  /** Tells the command to end, by that signal, and in time by SIGKILL. Later calls do nothing. */
  stop(signal: NodeJS.Signals): void {
    this.#told = true;
    this.#send({ type: 'stop', signal });
  }

  kill(): void {
    this.#send({ type: 'kill' });
  }

  #send(message: ToGuard): void {
    // A guard that has gone is told of by its exit.
    if (this.#guard.connected) this.#guard.send(message, () => undefined);
  }

  #settle(): Promise<CommandEnd> {
    return new Promise((resolve) => {
      let end: CommandEnd | null = null;
      const over = (fallback: () => Promise<CommandEnd>): void => {
        clearTimeout(this.#backstop);
        if (end !== null) resolve(end);
        else void fallback().then(resolve);
      };
      this.#guard.on('message', (message: FromGuard) => {
        end = this.#take(message) ?? end;
      });
      // Its last message may be read after its end; by `close` it has been.
      this.#guard.once('close', () => over(() => this.#killOrphans()));
      this.#guard.on('error', (error) => {
        if (this.#guard.pid !== undefined) return;
        end ??= { kind: 'notStarted', code: (error as NodeJS.ErrnoException).code ?? 'unknown' };
        over(() => this.#killOrphans());
      });
    });
  }

  #take(message: FromGuard): CommandEnd | null {
    switch (message.type) {
      case 'started':
        this.#pid = message.pid;
        this.#events.started(message.pid);
        return null;
      case 'told':
        this.#told = true;
        this.#events.told(message.signal, message.killInMs);
        return null;
      case 'killed':
        this.#events.killed();
        return null;
      case 'notStarted':
        return { kind: 'notStarted', code: message.code };
      case 'ended':
        return { kind: 'ended', code: message.code, signal: message.signal };
    }
  }

  /**
   * The guard ended without a word, so that nobody else is left to end the command: not even its id is known
   * if the guard was killed between starting it and telling so.
   */
  async #killOrphans(): Promise<CommandEnd> {
    const lookUntil = this.#pid === null ? performance.now() + UNTOLD_MS : 0;
    for (;;) {
      const alive = this.#groups().filter(groupIsAlive);
      if (alive.length === 0 && performance.now() >= lookUntil) return { kind: 'guardFailed' };
      for (const group of alive) signalGroup(group, 'SIGKILL');
      await sleep(LOOK_MS);
    }
  }

  /** The command's, as it was told or as it can be found. */
  #groups(): number[] {
    return this.#pid === null ? groupsStartedWith(this.#env) : [this.#pid];
  }

  /** The guard may itself have been stopped. Then it cannot have waited for the command either. */
  #armBackstop(): void {
    clearTimeout(this.#backstop);
    const left = this.#times.killAfterMs - elapsedForHolder(this.#validFrom, machineInstant());
    this.#backstop = setTimeout(
      () => {
        for (const group of this.#groups()) signalGroup(group, 'SIGKILL');
        this.#backstop = setTimeout(() => this.#guard.kill('SIGKILL'), GIVE_UP_MS);
      },
      Math.max(0, left) + BACKSTOP_MS,
    );
  }
}
