import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '../../../src/kubernetes/api-request.js';
import { readInTime } from '../../../src/lock/in-time.js';
import { failure } from '../kubernetes/support/failure.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const never = (): Promise<never> => new Promise(() => undefined);

describe('what is to be read before a request', () => {
  it('is not waited for beyond ten seconds, and says that nothing was sent', async () => {
    const progress: Progress[] = [];
    const begun = (now: Progress): number => progress.push(now);
    const failed = failure(readInTime({ subject: 'Lease a', signal: undefined, begun }, never));
    await vi.advanceTimersByTimeAsync(10_000);

    const { kind, message } = await failed;
    expect(kind).toBe('timeout');
    expect(message).toBe(
      "Lease a: nothing was sent within 10000 ms: it still waited for the kubeconfig, or the pod's " +
        'service account, to be read.',
    );
    expect(progress[0]?.waitsFor).toBe("the kubeconfig, or the pod's service account, to be read");
  });

  it('is given up at once when the caller aborts', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const failed = failure(readInTime({ subject: 'Lease a', signal, begun: vi.fn() }, never));

    controller.abort();

    expect((await failed).kind).toBe('aborted');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is handed on when it comes, and so is why it does not', async () => {
    const options = { subject: 'Lease a', signal: undefined, begun: vi.fn() };
    const error = new Error('test: no file');

    expect(await readInTime(options, () => Promise.resolve('here'))).toBe('here');
    await expect(readInTime(options, () => Promise.reject(error))).rejects.toBe(error);
    expect(vi.getTimerCount()).toBe(0);
  });
});
