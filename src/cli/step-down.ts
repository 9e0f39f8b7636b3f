import { setTimeout as sleep } from 'node:timers/promises';
import type { LockError } from '../errors/lock-error.js';
import { clientFor } from '../kubernetes/clients.js';
import { answerError } from '../kubernetes/answer-error.js';
import type { KubeConfigLike } from '../kubernetes/kube-config.js';
import type { LeaderElectionRecord } from '../lock/record.js';
import { STEP_DOWN_ANNOTATION, stepDownValue } from '../lock/step-down.js';
import { isObject, metadataOf, type KubernetesObject } from '../lock/stored-record.js';
import { jsonText, printable, shorten } from '../text/printable.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import { judgeOnce, type Judgement } from './observe/judge.js';
import { whyMissing } from './observe/namespace.js';
import {
  callOn,
  openCluster,
  pathOf,
  readLock,
  type Place,
  type Sight,
} from './observe/read-locks.js';
import { placeName, sentence } from './observe/words.js';
import type { CommonOptions } from './options.js';
import { print } from './output.js';

export interface StepDownOptions {
  readonly common: CommonOptions & { readonly name: string };
  readonly timeoutSeconds: number;
}

const POLL_MS = 500;
/** The holder renews all the time, so that a write of ours is often too late. */
const TRIES = 10;

/** Asks the leader to hand over, and waits until it has. Resolves with the exit code. */
export async function stepDown({ common, timeoutSeconds }: StepDownOptions): Promise<number> {
  const { kubeConfig, namespace } = await openCluster(common);
  const place: Place = { kind: common.kind, namespace, name: common.name };
  const tell = (outcome: string, text: string, more: object = {}): void => {
    if (common.json) print(jsonText({ outcome, ...more }));
    else print(text);
  };
  const judged = (sight: Sight): Judgement => judgeOnce(sight, common.timings);

  const asked = await ask(kubeConfig, place, judged);
  if (asked.record === null) {
    const { judgement } = asked;
    const hint = await whyMissing(kubeConfig, namespace, judgement);
    const why = hint === null ? '' : ` ${hint.text}`;
    const text = `${placeName(place)}: ${sentence(judgement)}. There is nobody to ask.${why}`;
    tell('nobodyLeads', text);
    return EXIT.nobodyLeads;
  }
  const { record } = asked;
  const holder = shorten(record.holderIdentity, 1000);
  const who = printable(holder, { most: 253 });
  if (!common.json) {
    print(`Asked ${who} to hand over. Only leaders of this library do.`);
  }
  const end = performance.now() + timeoutSeconds * 1000;
  while (performance.now() < end) {
    await sleep(POLL_MS);
    const sight = await readLock(kubeConfig, place, { purpose: 'stepDown' });
    if (isSameTerm(sight, record)) continue;
    const judgement = judged(sight);
    tell('handedOver', `${placeName(place)}: ${sentence(judgement)}.`, {
      from: holder,
      to: judgement.holder === null ? null : shorten(judgement.holder, 1000),
    });
    return EXIT.ok;
  }
  await withdraw(kubeConfig, place);
  tell(
    'notHonoured',
    `${who} has not handed over within ${timeoutSeconds} s: it is no leader of this ` +
      'library, its work takes longer to end, or it is gone. The request was withdrawn, for a ' +
      'leader that had not heard it. One that had is ending its work, and will not come back: if ' +
      'that does not end, nobody leads until the lease has run out.',
    { holder },
  );
  return EXIT.notHonoured;
}

type Asked =
  | { readonly record: LeaderElectionRecord }
  | { readonly record: null; readonly judgement: Judgement };

async function ask(
  kubeConfig: KubeConfigLike,
  place: Place,
  judged: (sight: Sight) => Judgement,
): Promise<Asked> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const sight = await readLock(kubeConfig, place, { form: 'whole', purpose: 'stepDown' });
    const judgement = judged(sight);
    const { record } = judgement;
    if (judgement.standing !== 'held' || record === null) return { record: null, judgement };
    if (await annotate(kubeConfig, sight, stepDownValue(record))) return { record };
  }
  throw new CliError(`${placeName(place)} changes too often to write to it. Try again.`);
}

/** Best effort: a request is void for every other term anyway. */
async function withdraw(kubeConfig: KubeConfigLike, place: Place): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const sight = await readLock(kubeConfig, place, { form: 'whole', purpose: 'stepDown' });
    if (sight.object === null || (await annotate(kubeConfig, sight, null))) return;
  }
}

/**
 * Writes or removes the annotation and nothing else. False when somebody else wrote first.
 *
 * @throws {LockError} for anything else that fails
 */
async function annotate(
  kubeConfig: KubeConfigLike,
  sight: Sight,
  value: string | null,
): Promise<boolean> {
  const object: KubernetesObject = sight.object ?? {};
  const metadata = metadataOf(object);
  const before = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const { [STEP_DOWN_ANNOTATION]: _, ...others } = before;
  const annotations = value === null ? others : { ...others, [STEP_DOWN_ANNOTATION]: value };
  const answer = await clientFor(kubeConfig).request({
    method: 'PUT',
    path: pathOf(sight),
    // A name of its own keeps the date at which the holder wrote the record.
    query: { fieldManager: 'k8s-leader-election-step-down' },
    body: { ...object, metadata: { ...metadata, annotations } },
    subject: placeName(sight),
  });
  if (answer.status === 200) return true;
  const error: LockError = answerError(callOn(sight, 'update', 'stepDown'), answer);
  if (error.kind === 'conflict') return false;
  throw error;
}

function isSameTerm(sight: Sight, { holderIdentity, acquireTime }: LeaderElectionRecord): boolean {
  const now = sight.stored?.record;
  return now?.holderIdentity === holderIdentity && now.acquireTime === acquireTime;
}
