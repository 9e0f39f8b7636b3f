import { EXIT } from '../exit-codes.js';
import { callOn, openCluster, type Place } from '../look/read-locks.js';
import { placeName } from '../look/words.js';
import { inSeconds } from '../look/judge.js';
import type { CommonOptions } from '../options.js';
import { jsonText, printable } from '../../text/printable.js';
import { print, printError } from '../output.js';
import { mayI, reachServer, VERBS, whoAmI, type Reached, type Verb } from './ask-server.js';
import { rbacManifest, subjectOfUser, type Subject } from './manifest.js';

export interface CheckOptions {
  readonly common: CommonOptions;
  /** Whom the manifest is for; null: whoever asks. */
  readonly serviceAccount: string | null;
}

/** In the manifest when no lock was named. */
const EXAMPLE_NAME = 'leader-election';

/** A difference that nobody needs to look into. */
const TOLERATED_MS = 2000;

/** Finds out whether a candidate could take part from here. Resolves with the exit code. */
export async function check({ common, serviceAccount }: CheckOptions): Promise<number> {
  const { kubeConfig, namespace } = await openCluster(common);
  const place: Place = { kind: common.kind, namespace, name: common.name ?? EXAMPLE_NAME };
  const server = await reachServer(kubeConfig, place);
  const answers = await Promise.all(
    VERBS.map(async (verb) => [verb, await mayI(kubeConfig, place, verb)] as const),
  );
  const user = await whoAmI(kubeConfig);
  const subject: Subject =
    serviceAccount !== null
      ? { kind: 'ServiceAccount', name: serviceAccount, namespace }
      : user === null
        ? { kind: 'ServiceAccount', name: 'default', namespace }
        : subjectOfUser(user);
  const manifest = rbacManifest(callOn(place, 'get'), subject);
  const good = answers.every(([, allowed]) => allowed === true);
  if (common.json) {
    const { address, version, aheadMs } = server;
    const rights = Object.fromEntries(answers);
    const clockAheadSeconds = aheadMs === null ? null : Number((aheadMs / 1000).toFixed(1));
    const lock = placeName(place);
    const found = { ok: good, address, version, user, clockAheadSeconds, lock, rights, manifest };
    print(jsonText(found, 2));
  } else {
    // The manifest alone goes to stdout, so that it can be piped into kubectl.
    for (const line of lines(server, user, place, answers)) printError(line);
    if (common.name === null) {
      printError(`No lock was named: they are for one called ${EXAMPLE_NAME}. See check NAME.`);
    }
    print(manifest);
  }
  return good ? EXIT.ok : EXIT.failed;
}

type Answers = readonly (readonly [Verb, boolean | null])[];

function lines(server: Reached, user: string | null, place: Place, answers: Answers): string[] {
  const { address, version, tookMs } = server;
  const named = version === null ? '' : ` (Kubernetes ${printable(version, { most: 60 })})`;
  const good = answers.every(([, allowed]) => allowed === true);
  return [
    `ok    the API server at ${address} answers${named}, in ${Math.round(tookMs)} ms`,
    clockLine(server),
    ...(user === null ? [] : [`      it knows this account as ${printable(user, { most: 253 })}`]),
    ...answers.map(([verb, allowed]) => rightLine(place, verb, allowed)),
    '',
    good
      ? 'A candidate can take part. The rights that it needs, as a manifest:'
      : 'Rights are missing. To grant them, have somebody who may apply this manifest:',
  ];
}

function clockLine({ aheadMs, toMs }: Reached): string {
  if (aheadMs === null) return '?     the API server tells no time, so clocks cannot be compared';
  const isSmall = Math.abs(aheadMs) <= toMs;
  if (isSmall) return `ok    this machine's clock agrees with the server's (to ${inSeconds(toMs)})`;
  const by = `${inSeconds(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} the server's`;
  return Math.abs(aheadMs) <= TOLERATED_MS
    ? `ok    this machine's clock is ${by}`
    : `!     this machine's clock is ${by}: harmless here, but other libraries compare clocks`;
}

function rightLine(place: Place, verb: Verb, allowed: boolean | null): string {
  const { resource } = callOn(place, 'get');
  const what =
    verb === 'create'
      ? `create ${resource} in namespace ${place.namespace}`
      : `${verb} ${placeName(place)}`;
  if (allowed === null) return `?     the server does not say whether this account may ${what}`;
  return allowed ? `ok    may ${what}` : `FAIL  may not ${what}`;
}
