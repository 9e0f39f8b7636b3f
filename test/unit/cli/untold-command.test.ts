import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { machineInstant } from '../../../src/cli/machine-time.js';
import { GuardedCommand } from '../../../src/cli/run/guarded-command.js';
import { isAlive, processes } from '../../cli/support/processes.js';

// A guard that is killed between starting the command and telling so, as by an OOM killer.
const KILLED_GUARD = `
import { spawn } from 'node:child_process';
process.on('message', ({ type, command: [file, ...args], env }) => {
  if (type !== 'start') return;
  spawn(file, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } });
  process.kill(process.pid, 'SIGKILL');
});
`;

it.runIf(process.platform === 'linux')(
  'a command of which a killed guard has not told is found and killed',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'untold-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const script = join(directory, 'guard.mjs');
    writeFileSync(script, KILLED_GUARD);
    const mark = `untold-${process.pid}`;
    const events = { started: vi.fn(), told: vi.fn(), killed: vi.fn() };
    const guarded = new GuardedCommand(
      {
        program: { script },
        command: ['sh', '-c', `while :; do sleep 0.05; done # ${mark}`],
        env: { LEADER_ELECTION_IDENTITY: mark, LEADER_ELECTION_FENCING_TOKEN: '7' },
        times: { stopAfterMs: 60_000, killAfterMs: 80_000 },
        graceMs: 5_000,
        validFrom: machineInstant(),
      },
      events,
    );
    expect(await guarded.ended).toEqual({ kind: 'guardFailed' });
    expect(events.started).not.toHaveBeenCalled();
    const left = processes().filter(({ args }) => args.startsWith('sh -c') && args.includes(mark));
    expect(left.filter(({ pid }) => isAlive(pid))).toEqual([]);
  },
);
