import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import { LeaderElection } from '../../../src/election/leader-election.js';
import { rehearseOnce } from '../../../src/rehearsal/rehearse-once.js';
import { Stage } from '../../../src/rehearsal/stage.js';
import { systemClock } from '../../../src/time/clock.js';

const run = promisify(execFile);

const PROGRAM = fileURLToPath(new URL('support/program.ts', import.meta.url));

vi.mock('../../../src/rehearsal/rehearse-once.js', () => ({ rehearseOnce: vi.fn() }));

it('on a stage one candidate hands over to another, which hears of it by its watch', async () => {
  const stage = new Stage();
  const news: string[] = [];
  const candidate = (identity: string): LeaderElection => {
    const lock = stage.lock(identity);
    const config = { lock, onStartedLeading: null, random: () => 0, logger: false } as const;
    const made = new LeaderElection(config);
    made.on('watching', () => news.push(`${identity} watches`));
    made.on('startedLeading', () => news.push(`${identity} leads`));
    made.on('newLeader', (event) => news.push(`${identity} hears of ${event.identity}`));
    return made;
  };
  const [first, second] = [candidate('first'), candidate('second')];
  await first.acquire();
  const taken = second.acquire();
  await vi.waitFor(() => {
    expect(news).toContain('second watches');
  });
  expect(second.isLeader()).toBe(false);
  const outcome = await first.stop();
  expect(await taken).toBe(true);
  expect(outcome.released).toBe(true);
  expect(news.filter((line) => !line.endsWith('watches'))).toEqual([
    'first hears of first',
    'first leads',
    'second hears of first',
    'second hears of second',
    'second leads',
  ]);
  await second.stop();
});

it('a rehearsal comes to its end, and leaves nothing running', async () => {
  // What is left keeps the process from ending, until it is killed, which rejects.
  const limits = { timeout: 20_000, killSignal: 'SIGKILL' } as const;
  const ended = await run(process.execPath, ['--import', 'tsx', PROGRAM], limits);
  expect(ended).toEqual({ stdout: 'over', stderr: '' });
});

it('an election has the process rehearse when it begins to watch, and not before', async () => {
  vi.mocked(rehearseOnce).mockClear();
  const lock = new Stage().lock('candidate');
  const election = new LeaderElection({ lock, onStartedLeading: null, logger: false });
  let callsBefore = -1;
  election.on('stateChanged', () => {
    callsBefore = vi.mocked(rehearseOnce).mock.calls.length;
  });
  const acquired = election.acquire();
  expect(callsBefore).toBe(0);
  await acquired;
  await vi.waitFor(() => {
    expect(rehearseOnce).toHaveBeenCalledWith(systemClock);
  });
  await election.stop();
});
