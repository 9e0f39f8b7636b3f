import { jsonText } from '../../text/printable.js';
import type { KubernetesObject } from '../../lock/stored-record.js';
import { EXIT } from '../exit-codes.js';
import type { CommonOptions } from '../options.js';
import { print, printError } from '../output.js';
import { judgeOnce, type Judgement } from './judge.js';
import { listObjects } from './list-objects.js';
import { isLock, openCluster, readLock, sightOf, type Place, type Sight } from './read-locks.js';
import { asJson, details, noLocks, placeName, table } from './words.js';

/** Reads one lock, or all of a namespace, once, and tells how they stand. Resolves with the exit code. */
export async function status(options: CommonOptions, columns: number): Promise<number> {
  const cluster = await openCluster(options);
  const { kind, name, json } = options;
  const { namespace } = cluster;
  const judged = (sight: Sight): readonly [Place, Judgement] => [
    sight,
    judgeOnce(sight, options.timings),
  ];
  if (name !== null) {
    const [place, judgement] = judged(
      await readLock(cluster.kubeConfig, { kind, namespace, name }),
    );
    if (json) print(jsonText(asJson(place, judgement), 2));
    else print(details(place, judgement, columns).join('\n'));
    return judgement.standing === 'held' ? EXIT.ok : EXIT.nobodyLeads;
  }
  const seen = (key: string, object: KubernetesObject, serverMs: number | null): Sight =>
    sightOf({ kind, namespace, name: key }, object, serverMs);
  const { objects, serverMs, cut } = await listObjects(cluster, kind, (key, object) =>
    isLock(seen(key, object, null)),
  );
  const locks = [...objects].map(([key, object]) => judged(seen(key, object, serverMs)));
  if (json) {
    print(
      jsonText(
        locks.map((lock) => asJson(...lock)),
        2,
      ),
    );
  } else if (locks.length === 0) {
    print(noLocks({ kind, namespace }));
  } else {
    print(table(locks).join('\n'));
    for (const [place, { hints }] of locks) {
      for (const { text } of hints) print(`! ${placeName(place)}: ${text}`);
    }
  }
  if (cut === null) return EXIT.ok;
  printError(cut);
  return EXIT.failed;
}
