import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface StoppedWriter {
  /** What runs `stopped-writer.mjs`, with its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** How many objects are there by now. */
  readonly stored: () => Promise<number>;
}

export interface Stopped {
  /** How many objects were there before it ran again, and how many are there in the end. */
  readonly before: number;
  readonly after: number;
  /** What the writer was told, by the name of the error; `stored` where there was none. */
  readonly fates: Readonly<Record<string, number>>;
}

/** Longer than its lease of 6 s. */
const STANDS_STILL_MS = 8_000;

/** A leader that stands still by SIGSTOP while it has many writes before it, and runs again after its lease. */
export async function stopWriter({ command, cwd, env, stored }: StoppedWriter): Promise<Stopped> {
  const [program, ...args] = command;
  const writer = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(writer, 'exit');
  try {
    const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    const expectLine = async (line: string): Promise<void> => {
      const told = await next();
      if (told !== line) throw new Error(`The writer said ${told} instead of ${line}.`);
    };
    await expectLine('leads');
    writer.stdin.write('write\n');
    while (!(await standsStill(writer.pid ?? 0))) await sleep(20);
    await sleep(STANDS_STILL_MS);
    const before = await stored();
    writer.kill('SIGCONT');
    const fates = JSON.parse(await next()) as Record<string, number>;
    await exited;
    await sleep(1_000);
    return { before, after: await stored(), fates };
  } finally {
    writer.kill('SIGKILL');
  }
}

async function standsStill(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]);
  return stdout.startsWith('T');
}
