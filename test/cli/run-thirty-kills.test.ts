import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedApiServer, type EmbeddedApiServer } from '../../src/testing.js';
import { buildCli, type BuiltCli } from './support/built-cli.js';
import { CliProcess } from './support/cli-process.js';
import { childrenOf, isAlive, processes, until } from './support/processes.js';

/*
 * Never two commands at once, whatever happens to those who run them. Each command writes the time
 * to a file of its own for as long as it lives, by a clock that all processes of the machine share;
 * the files alone are looked at.
 */

const TIMINGS = ['--lease-duration', '4', '--renew-deadline', '2', '--retry-period', '1'];
const TAKEOVER_MS = 20_000;

/** Linux: seconds since the machine started, the same for a shell and for Python. */
const SHELL_LOOP =
  'f="$DIR/$LEADER_ELECTION_IDENTITY.$LEADER_ELECTION_FENCING_TOKEN.$$"; ' +
  'while :; do read -r up _ < /proc/uptime; echo "$up" >> "$f"; sleep 0.1; done';
const PYTHON_LOOP = `
import os, time
name = '.'.join([os.environ['LEADER_ELECTION_IDENTITY'], os.environ['LEADER_ELECTION_FENCING_TOKEN'], str(os.getpid())])
with open(os.path.join(os.environ['DIR'], name), 'a', buffering=1) as file:
    while True:
        file.write('%.3f\\n' % time.clock_gettime(time.CLOCK_BOOTTIME))
        time.sleep(0.03)
`;

const PROGRAMS = {
  'a shell command': { command: ['sh', '-c', SHELL_LOOP], told: 143 },
  'a Python program': { command: ['python3', '-c', PYTHON_LOOP], told: 143 },
  'a process that ignores SIGTERM': {
    command: ['sh', '-c', `trap '' TERM INT HUP; ${SHELL_LOOP}`],
    told: 137,
  },
} as const;

/** What happens to the leader. Each has to end its command, at the latest with its lease. */
const MISHAPS = ['kill', 'stop', 'cutOff', 'freeze', 'killGuard'] as const;

interface Term {
  readonly identity: string;
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

/** Two candidates or more for one lock, and the files of their commands. */
class Rivals {
  readonly #directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-kills-'));
  readonly #lock = `kills-${randomUUID().slice(0, 8)}`;
  readonly #candidates = new Map<string, CliProcess>();
  #count = 0;

  constructor(
    readonly server: EmbeddedApiServer,
    readonly script: string,
    readonly command: readonly string[],
  ) {}

  start(): void {
    this.#count += 1;
    const identity = `c${this.#count}`;
    const token = randomUUID();
    const user = `${this.#lock}-${identity}`;
    this.server.addToken(token, user);
    const kubeconfig = join(this.#directory, `.kubeconfig-${identity}`);
    writeFileSync(kubeconfig, this.server.kubeConfig({ token }));
    const flags = ['--lease', this.#lock, '--identity', identity, '--kubeconfig', kubeconfig];
    const args = ['run', ...flags, ...TIMINGS, '--grace', '6', '--', ...this.command];
    const env = { DIR: this.#directory };
    this.#candidates.set(identity, new CliProcess(this.script, args, { env }));
  }

  terms(): Term[] {
    const names = readdirSync(this.#directory).filter((name) => !name.startsWith('.'));
    return names
      .flatMap((name) => {
        const [identity = '', , pid] = name.split('.');
        const text = readFileSync(join(this.#directory, name), 'utf8');
        // The last line may be cut off in the middle.
        const times = text.split('\n').slice(0, -1).map(Number);
        if (times.length === 0) return [];
        return [{ identity, pid: Number(pid), from: times[0]!, to: times.at(-1)! }];
      })
      .sort((a, b) => a.from - b.from);
  }

  async nextTerm(known: number): Promise<Term> {
    return until('the next term', () => this.terms()[known], TAKEOVER_MS);
  }

  /** Does something to the leader. Resolves with its exit code when the next one has begun. */
  async strike(mishap: (typeof MISHAPS)[number]): Promise<number> {
    const known = this.terms().length;
    const { identity } = this.terms().at(-1)!;
    const leader = this.#candidates.get(identity)!;
    this.#candidates.delete(identity);
    switch (mishap) {
      case 'kill':
        leader.kill('SIGKILL');
        break;
      case 'stop':
        leader.kill('SIGTERM');
        break;
      case 'cutOff':
        this.server.faults.add({
          match: { user: `${this.#lock}-${identity}` },
          fault: { kind: 'hang' },
        });
        break;
      case 'freeze':
        leader.kill('SIGSTOP');
        break;
      case 'killGuard':
        for (const { pid } of childrenOf(leader.pid)) process.kill(pid, 'SIGKILL');
    }
    this.start();
    await this.nextTerm(known);
    if (mishap === 'freeze') leader.kill('SIGKILL');
    await until(`the end of ${identity} after ${mishap}`, () => leader.hasEnded).catch(
      (cause: unknown) => {
        const left = processes().filter(({ args }) => /LEADER_ELECTION|__guard/.test(args));
        throw new Error(`${mishap}: ${leader.stderr}\n${JSON.stringify(left)}`, { cause });
      },
    );
    return leader.exitCode;
  }

  /** Those that wait first, so that none of them leads once more. */
  async end(): Promise<void> {
    const last = this.terms().at(-1)!.identity;
    const waiting = [...this.#candidates].filter(([identity]) => identity !== last);
    for (const [, candidate] of [...waiting, ...this.#candidates]) {
      if (!candidate.hasEnded) candidate.kill('SIGTERM');
      await candidate.exitCode;
    }
  }

  remove(): void {
    for (const candidate of this.#candidates.values()) candidate.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

describe.runIf(process.platform === 'linux')('thirty times something happens to a leader', () => {
  let cli: BuiltCli;
  let server: EmbeddedApiServer;
  let struck = 0;

  beforeAll(async () => {
    cli = await buildCli();
    server = await startEmbeddedApiServer({ tokens: {} });
  });

  afterAll(async () => {
    await server.close();
    cli.dispose();
    expect(struck).toBe(30);
  });

  describe.concurrent.each(Object.entries(PROGRAMS))('that runs %s', (_name, program) => {
    it('there are never two at once, and none is left over', { timeout: 240_000 }, async () => {
      const rivals = new Rivals(server, cli.script, program.command);
      try {
        rivals.start();
        await rivals.nextTerm(0);
        rivals.start();
        const codes: Record<string, number[]> = {};
        for (let count = 1; count <= 10; count += 1) {
          const mishap = MISHAPS[count % MISHAPS.length]!;
          (codes[mishap] ??= []).push(await rivals.strike(mishap));
          struck += 1;
        }
        await rivals.end();

        const terms = rivals.terms();
        expect(terms.length).toBeGreaterThanOrEqual(11);
        for (const [index, term] of terms.entries()) {
          const next = terms[index + 1];
          if (next !== undefined) expect(next.from, JSON.stringify(terms)).toBeGreaterThan(term.to);
        }
        expect(terms.filter(({ pid }) => isAlive(pid))).toEqual([]);
        expect(codes).toEqual({
          kill: [137, 137],
          stop: [program.told, program.told],
          cutOff: [program.told, program.told],
          freeze: [137, 137],
          killGuard: [125, 125],
        });
      } finally {
        rivals.remove();
      }
    });
  });
});
