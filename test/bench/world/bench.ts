import { setTimeout as delay } from 'node:timers/promises';
import type { RunningApiServer } from '../../support/api-server-types.js';
import { Fleet } from './fleet.js';
import type { Libraries, Library } from './libraries.js';
import type { LibraryId } from './library-ids.js';
import type { CandidateSettings } from './protocol.js';

export const NAMESPACE = 'bench';
/** May list leases as well, which lets one watch serve many locks. */
export const LISTING_USER = 'listing-candidate';

/** The defaults of all three libraries, in seconds. */
export const TIMINGS = {
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
} as const;

export interface BenchOptions {
  /** Shorter windows and fewer rounds: to see that everything works, not for figures. */
  readonly quick: boolean;
  /** Rounds of hand-over and crash, in place of the defaults. */
  readonly rounds?: number;
}

/** What was measured, by library; one that was not, or could not be, is absent. */
export type ByLibrary<T> = Partial<Record<LibraryId, T>>;

/** What the scenarios share. */
export class Bench {
  readonly server: RunningApiServer;
  readonly options: BenchOptions;
  readonly importProbe: Libraries['importProbe'];
  readonly podPrograms: Libraries['podPrograms'];
  readonly libraries: readonly Library[];
  /** What went wrong or was left out, for the reader of the results. */
  readonly notes: string[] = [];
  failures = 0;
  #lastLock = 0;

  constructor(server: RunningApiServer, libraries: Libraries, options: BenchOptions) {
    this.server = server;
    this.options = options;
    this.importProbe = libraries.importProbe;
    this.podPrograms = libraries.podPrograms;
    this.libraries = libraries.all;
  }

  /** Candidates of a library, for a lock that nobody has used before. */
  async fleet(
    library: Library,
    purpose: string,
    changes: Partial<CandidateSettings> & { readonly user?: string } = {},
  ): Promise<Fleet> {
    this.#lastLock += 1;
    const { user = 'candidate', ...settings } = changes;
    return new Fleet(library, {
      kubeConfigPath: await this.server.writeKubeConfig(user, { namespace: NAMESPACE }),
      namespace: NAMESPACE,
      lock: `${purpose}-${library.id}-${this.#lastLock}`,
      lockEach: false,
      probeMs: 0,
      measureLoop: false,
      ...TIMINGS,
      ...settings,
    });
  }

  /** Does `measure` for each library in turn. One that fails is noted and left out. */
  async forEachLibrary<T>(
    what: string,
    libraries: readonly Library[],
    measure: (library: Library) => Promise<T>,
  ): Promise<ByLibrary<T>> {
    const results: ByLibrary<T> = {};
    for (const library of libraries) {
      const result = await this.attempt(`${what}, ${library.id}`, () => measure(library));
      if (result !== undefined) results[library.id] = result;
    }
    return results;
  }

  /** Resolves with undefined, and notes why, where `measure` fails. */
  async attempt<T>(what: string, measure: () => Promise<T>): Promise<T | undefined> {
    try {
      return await measure();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.log(`${what} FAILED: ${message}`);
      this.notes.push(`${what}: not measured, because it failed: ${message.split('\n')[0]}`);
      this.failures += 1;
      return undefined;
    }
  }

  log(line: string): void {
    process.stderr.write(`[bench ${Math.round(performance.now() / 1000)} s] ${line}\n`);
  }
}

/** Fleets that end together. */
export class Fleets implements AsyncDisposable {
  readonly all: Fleet[] = [];

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((fleet) => fleet[Symbol.asyncDispose]()));
  }
}

/**
 * Waits until a fleet is in its steady state, and then for a moment that no library's period fits,
 * so that rounds begin at every phase of it.
 */
export async function settle(atLeastMs = 2_500): Promise<void> {
  await delay(atLeastMs + Math.random() * 2.2 * TIMINGS.retryPeriodSeconds * 1_000);
}
