import type { PooledAgent } from './agents.js';
import type { ApiRequest } from './api-request.js';
import type { Deadline } from './deadline.js';
import { ExchangeError } from './exchange.js';

/**
 * A server may close an idle connection at the very moment it is used again. A read is then
 * repeated on a fresh one; a write is not, because it may have been carried out.
 */
export async function retryIfStale<T>(
  request: ApiRequest,
  agent: PooledAgent,
  deadline: Deadline,
  once: () => Promise<T>,
): Promise<T> {
  try {
    return await once();
  } catch (error) {
    const stale =
      error instanceof ExchangeError &&
      error.reusedSocket &&
      !error.answered &&
      (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    if (!stale || request.method !== 'GET' || deadline.givenUp !== null) throw error;
    agent.closeIdle();
    return once();
  }
}
