const PROGRESS_MILLIS = 15_000;

/** One line about the build on standard error, where it disturbs no report on standard output. */
export function report(line: string): void {
  process.stderr.write(`[prepare] ${line}\n`);
}

/**
 * Says that something begins, every 15 s that it goes on, and that it is over.
 *
 * @param state what there is to say of how far it is
 */
export async function withProgress<T>(
  label: string,
  work: () => Promise<T>,
  state = () => 'still at it',
): Promise<T> {
  const started = performance.now();
  const elapsed = () => formatSeconds((performance.now() - started) / 1000);
  report(`${label} ...`);
  const progress = setInterval(() => {
    report(`${label}: ${state()}, ${elapsed()}`);
  }, PROGRESS_MILLIS);
  try {
    const result = await work();
    report(`${label}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(progress);
  }
}

function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
