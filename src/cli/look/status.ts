import { EXIT } from '../exit-codes.js';
import type { CommonOptions } from '../options.js';
import { judge, type Judgement } from './judge.js';
import { openCluster, readAllLocks, readLock, type Place, type Sight } from './read-locks.js';
import { asJson, details, noLocks, placeName, table } from './words.js';

/** One look at one lock, or at all of a namespace. Resolves with the exit code. */
export async function status(options: CommonOptions, columns: number): Promise<number> {
  const cluster = await openCluster(options);
  const { kind, name, json } = options;
  const { namespace } = cluster;
  const judged = (sight: Sight): readonly [Place, Judgement] => [
    sight,
    judge({
      sight,
      leaseDurationMs: options.timings.leaseDurationSeconds * 1000,
      nowMs: Date.now(),
      observedAgeMs: null,
    }),
  ];
  if (name !== null) {
    const [place, judgement] = judged(
      await readLock(cluster.kubeConfig, { kind, namespace, name }),
    );
    if (json) console.log(JSON.stringify(asJson(place, judgement), null, 2));
    else console.log(details(place, judgement, columns).join('\n'));
    return judgement.standing === 'held' ? EXIT.ok : EXIT.nobodyLeads;
  }
  const locks = (await readAllLocks(cluster, kind)).map(judged);
  if (json) {
    console.log(
      JSON.stringify(
        locks.map((lock) => asJson(...lock)),
        null,
        2,
      ),
    );
  } else if (locks.length === 0) {
    console.log(noLocks({ kind, namespace }));
  } else {
    console.log(table(locks).join('\n'));
    for (const [place, { hints }] of locks) {
      for (const { text } of hints) console.log(`! ${placeName(place)}: ${text}`);
    }
  }
  return EXIT.ok;
}
