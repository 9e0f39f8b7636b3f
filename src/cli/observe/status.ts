import { jsonText } from '../../text/printable.js';
import type { KubeConfigLike } from '../../kubernetes/kube-config-like.js';
import type { KubernetesObject } from '../../lock/stored-record.js';
import { EXIT } from '../exit-codes.js';
import type { ObserveOptions } from '../options.js';
import { print, printError, printLines } from '../output.js';
import { details } from './details.js';
import { judgeOnce, type Judgement } from './judge.js';
import { listObjects } from './list-objects.js';
import { missingNamespace, whyMissing } from './namespace.js';
import {
  isLock,
  openSubject,
  readLock,
  sightOf,
  type Collection,
  type Place,
  type Subject,
} from './read-locks.js';
import { hintLines, table } from './table.js';
import { asJson, noLocks } from './words.js';

/** Where it is written. */
export interface Paper {
  /** Columns of the terminal; null where there is none. */
  readonly columns: number | null;
  readonly inColour: boolean;
}

/** Of sentences, where there is no terminal that says how wide they may be. */
const COLUMNS = 100;

/**
 * Reads one lock, or all of a namespace or of all namespaces, once, and tells how they stand.
 * Resolves with the exit code.
 */
export async function status(options: ObserveOptions, paper: Paper): Promise<number> {
  const subject = await openSubject(options);
  const { looksAt, kubeConfig } = subject;
  if (!('name' in looksAt)) return statusOfAll({ ...subject, looksAt }, options, paper);
  const sight = await readLock(kubeConfig, looksAt);
  const judgement = await withNamespace(kubeConfig, looksAt, judgeOnce(sight, options.timings));
  if (options.json) print(jsonText(asJson(sight, judgement), 2));
  else {
    const columns = paper.columns ?? COLUMNS;
    printLines(details(sight, judgement, { columns }), paper.inColour);
  }
  return judgement.standing === 'held' ? EXIT.ok : EXIT.nobodyLeads;
}

/** An object that is not there may be so because of its namespace. */
async function withNamespace(
  kubeConfig: KubeConfigLike,
  { namespace }: Place,
  judgement: Judgement,
): Promise<Judgement> {
  const hint = await whyMissing(kubeConfig, namespace, judgement);
  return hint === null ? judgement : { ...judgement, hints: [hint] };
}

async function statusOfAll(
  { kubeConfig, looksAt }: Subject & { readonly looksAt: Collection },
  { json, timings }: ObserveOptions,
  { columns, inColour }: Paper,
): Promise<number> {
  const keeps = (place: Place, object: KubernetesObject): boolean =>
    isLock(sightOf(place, object, null));
  const { found, serverMs, cut } = await listObjects(kubeConfig, looksAt, keeps);
  const locks = found.map(({ place, object }): readonly [Place, Judgement] => [
    place,
    judgeOnce(sightOf(place, object, serverMs), timings),
  ]);
  const isEmpty = locks.length === 0 && cut === null;
  const hint = isEmpty ? await missingNamespace(kubeConfig, looksAt.namespace) : null;
  if (hint !== null) printError(hint.text);
  if (json) {
    print(
      jsonText(
        locks.map((lock) => asJson(...lock)),
        2,
      ),
    );
  } else if (locks.length === 0) {
    if (hint === null) print(noLocks(looksAt));
  } else {
    const allNamespaces = looksAt.namespace === null;
    printLines(table(locks, { columns, allNamespaces }), inColour);
    const hints = hintLines(locks, columns ?? COLUMNS);
    if (hints.length > 0) printLines(hints, inColour);
  }
  if (cut === null) return EXIT.ok;
  printError(cut);
  return EXIT.failed;
}
