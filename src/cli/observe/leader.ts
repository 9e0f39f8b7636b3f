import { jsonText, printable } from '../../text/printable.js';
import { EXIT } from '../exit-codes.js';
import type { CommonOptions } from '../options.js';
import { print, printError } from '../output.js';
import { judgeOnce } from './judge.js';
import { whyMissing } from './namespace.js';
import { openCluster, readLock, type Place } from './read-locks.js';
import { placeName, sentence, valueOf } from './words.js';

/**
 * Prints who leads, and nothing else; nothing at all when nobody does, which is then told on stderr.
 * Resolves with the exit code.
 */
export async function leader(options: CommonOptions & { readonly name: string }): Promise<number> {
  const { kubeConfig, namespace } = await openCluster(options);
  const { kind, name, timings, json } = options;
  const place: Place = { kind, namespace, name };
  const judgement = judgeOnce(await readLock(kubeConfig, place), timings);
  const holder = judgement.standing === 'held' ? judgement.holder : null;
  const leads = holder === null ? null : valueOf(holder);
  if (json) print(jsonText(leads));
  // One line, whatever it holds: a script reads the first.
  else if (leads !== null) print(printable(leads));
  if (leads !== null) return EXIT.ok;
  printError(`${placeName(place)}: ${sentence(judgement)}.`);
  const hint = await whyMissing(kubeConfig, namespace, judgement);
  if (hint !== null) printError(hint.text);
  return EXIT.nobodyLeads;
}
