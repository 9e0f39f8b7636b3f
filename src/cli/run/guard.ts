import { spawn, type ChildProcess } from 'node:child_process';
import { machineInstant } from '../machine-time.js';
import type { FromGuard, ToGuard } from './guard-messages.js';
import { due, type Watch } from './lease-guard.js';
import { groupIsAlive, signalGroup } from './process-group.js';

/** How often the clocks are looked at, so that a machine that slept is noticed. */
const TICK_MS = 250;

/** How often to look whether what the command left behind is gone. */
const SURVIVORS_MS = 50;

/**
 * The process between `run` and the command. It lives in a session of its own and does what it is
 * told over its pipe; and when the pipe breaks because `run` was killed, or nothing comes through
 * it because `run` was stopped, it ends the command in time by itself.
 */
export function runGuard(): void {
  if (process.send === undefined) {
    console.error('This is a part of k8s-leader-election run, and does nothing alone.');
    process.exit(2);
  }
  // A service manager may signal every process there is. Only `run` decides what that means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
    process.on(signal, () => undefined);
  }
  let guarded: GuardedGroup | null = null;
  process.on('message', (message: ToGuard) => {
    if (message.type === 'start') guarded ??= new GuardedGroup(message);
    else guarded?.take(message);
  });
  process.on('disconnect', () => {
    if (guarded === null) process.exit(1);
    guarded.stop('SIGTERM');
  });
  // `run` may have gone while this process was starting, before anything here listened.
  if (!process.connected) process.exit(1);
}

type Start = Extract<ToGuard, { readonly type: 'start' }>;

/** The command with all that it starts, unless that leaves its process group. */
class GuardedGroup {
  readonly #child: ChildProcess;
  #watch: Watch;
  #timer: NodeJS.Timeout | undefined;
  #killed = false;
  #ended: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null = null;

  constructor({ command, env, times, graceMs, validFrom }: Start) {
    this.#watch = { ...times, graceMs, validFrom, toldAtMs: null };
    const [file = '', ...args] = command;
    this.#child = spawn(file, args, {
      // The leader of a session and a process group of its own, so that all of it can be signalled.
      detached: true,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    this.#child.on('error', (error) => {
      if (this.#child.pid !== undefined) return;
      const { code } = error as NodeJS.ErrnoException;
      this.#leave({ type: 'notStarted', code: code ?? 'unknown' });
    });
    if (this.#child.pid === undefined) return;
    report({ type: 'started', pid: this.#child.pid });
    this.#child.on('exit', (code, signal) => {
      this.#ended = { code, signal };
      this.#check();
    });
    this.#check();
  }

  take(message: Exclude<ToGuard, Start>): void {
    switch (message.type) {
      case 'extend':
        this.#watch = { ...this.#watch, validFrom: message.validFrom };
        break;
      case 'signal':
        this.#signal(message.signal);
        break;
      case 'stop':
        this.stop(message.signal);
        break;
      case 'kill':
        this.#kill();
    }
    this.#check();
  }

  /** Tells the command to end, unless it was told already. */
  stop(signal: NodeJS.Signals): void {
    if (this.#watch.toldAtMs !== null) return;
    const now = machineInstant();
    this.#watch = { ...this.#watch, toldAtMs: now.monotonicMs };
    this.#signal(signal);
    report({ type: 'told', signal, killInMs: due(this.#watch, now).nextMs });
    this.#check();
  }

  #check(): void {
    clearTimeout(this.#timer);
    if (this.#ended !== null) {
      if (!this.#groupIsAlive()) {
        this.#leave({ type: 'ended', ...this.#ended });
        return;
      }
      // What the command leaves behind must not work beside the next leader.
      if (this.#watch.toldAtMs === null) {
        this.stop('SIGTERM');
        return;
      }
    }
    const { action, nextMs } = due(this.#watch, machineInstant());
    if (action === 'stop') {
      this.stop('SIGTERM');
      return;
    }
    if (action === 'kill') this.#kill();
    const most = this.#ended === null && !this.#killed ? TICK_MS : SURVIVORS_MS;
    const waitMs = action === 'kill' ? most : Math.min(most, Math.ceil(nextMs));
    this.#timer = setTimeout(() => {
      this.#check();
    }, waitMs);
  }

  #kill(): void {
    this.#signal('SIGKILL');
    if (this.#killed) return;
    this.#killed = true;
    report({ type: 'killed' });
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid !== undefined) signalGroup(pid, signal);
  }

  #groupIsAlive(): boolean {
    const { pid } = this.#child;
    return pid !== undefined && groupIsAlive(pid);
  }

  #leave(last: FromGuard): void {
    clearTimeout(this.#timer);
    if (process.connected && process.send !== undefined) {
      process.send(last, () => process.exit(0));
    } else {
      process.exit(0);
    }
  }
}

function report(message: FromGuard): void {
  // A pipe that breaks is heard of by the event `disconnect`.
  if (process.connected) process.send?.(message, () => undefined);
}
