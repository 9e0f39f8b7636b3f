import { setTimeout as sleep } from 'node:timers/promises';
import type { Inspector } from '../../inspect/inspector.js';
import type { Display } from './display.js';

/** How long the demo waits for somebody to open the page before it begins. */
const WAIT_MS = 20_000;
const LOOK_MS = 100;

/** The live chart of the demo's candidates, which report to it from their own processes. */
export class LiveChart {
  readonly #inspector: Inspector;

  private constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  static async open(): Promise<LiveChart> {
    const { startInspector } = await import('../../inspect/inspector.js');
    return new LiveChart(await startInspector());
  }

  get url(): string {
    return this.#inspector.url;
  }

  get introduction(): string[] {
    return [
      '',
      'The live chart of every candidate. Open it in a browser on this machine; the',
      `demo begins when it is open, or in ${WAIT_MS / 1000} s:`,
      `  ${this.url}`,
    ];
  }

  /** Resolves when somebody looks at the page, or when nobody has for a while. */
  async opened(signal: AbortSignal): Promise<void> {
    const end = performance.now() + WAIT_MS;
    while (this.#inspector.openPages === 0 && performance.now() < end) {
      signal.throwIfAborted();
      await sleep(LOOK_MS);
    }
  }

  /** Keeps the page there for whoever looks at it, until it is closed or the demo interrupted. */
  async stay(display: Display, signal: AbortSignal): Promise<void> {
    if (this.#inspector.openPages === 0) return;
    display.summary([`The chart stays until its page is closed, or Ctrl-C: ${this.url}`]);
    while (this.#inspector.openPages > 0 && !signal.aborted) await sleep(LOOK_MS);
  }

  async close(): Promise<void> {
    await this.#inspector.close();
  }
}
