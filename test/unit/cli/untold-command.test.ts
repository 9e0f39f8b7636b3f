import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { machineInstant } from '../../../src/cli/machine-time.js';
import { GuardedCommand } from '../../../src/cli/run/guarded-command.js';
import { groupsStartedWith } from '../../../src/cli/run/process-group.js';
import { processes } from '../../cli/support/processes.js';

// A guard that is killed, as by an OOM killer, or stopped, between starting the command and telling so.
const GUARD = `
import { spawn } from 'node:child_process';
process.on('message', ({ type, command: [file, ...args], env }) => {
  if (type !== 'start') return;
  spawn(file, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } });
  process.kill(process.pid, env.SIGNAL);
});
`;

/** Starts a command under such a guard. Resolves once it is over with when the command has written last. */
async function writtenUntil(signal: string, killAfterMs: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'untold-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const script = join(directory, 'guard.mjs');
  writeFileSync(script, GUARD);
  const file = join(directory, 'written');
  writeFileSync(file, '');
  const events = { started: vi.fn(), told: vi.fn(), killed: vi.fn() };
  const guarded = new GuardedCommand(
    {
      program: { script },
      command: ['sh', '-c', `while :; do echo on >> ${file}; sleep 0.05; done`],
      env: { LEADER_ELECTION_IDENTITY: directory, SIGNAL: signal },
      times: { stopAfterMs: killAfterMs, killAfterMs },
      graceMs: 5_000,
      validFrom: machineInstant(),
    },
    events,
  );
  expect(await guarded.ended).toEqual({ kind: 'guardFailed' });
  expect(events.started).not.toHaveBeenCalled();
  expect(processes().filter(({ args }) => args.includes(file))).toEqual([]);
  return statSync(file).mtimeMs;
}

const onLinux = it.runIf(process.platform === 'linux');

onLinux('a command of which a killed guard has not told is found and killed', async () => {
  await writtenUntil('SIGKILL', 80_000);
});

onLinux('one of which a stopped guard has not told does not outlive its lease', async () => {
  // Two seconds before the guard itself is given up.
  expect(await writtenUntil('SIGSTOP', 1_000)).toBeLessThan(Date.now() - 1_500);
});

it('nobody is meant by no variables', () => {
  expect(groupsStartedWith({})).toEqual([]);
});
