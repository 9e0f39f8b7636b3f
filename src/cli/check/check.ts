import { EXIT } from '../exit-codes.js';
import { callOn, openCluster, type Place } from '../observe/read-locks.js';
import { placeName } from '../observe/words.js';
import type { CommonOptions } from '../options.js';
import { isEverybody, type RbacTarget } from '../../kubernetes/rbac.js';
import { defaultIdentity } from '../../lock/lock-options.js';
import { jsonText, printable } from '../../text/printable.js';
import { print, printError } from '../output.js';
import { inSeconds } from '../text.js';
import {
  BESIDE,
  isBeside,
  mayI,
  reachServer,
  VERBS,
  whoAmI,
  type Reached,
  type Right,
} from './ask-server.js';
import { lockManifest, rbacManifest, subjectOfUser, type Subject } from './manifest.js';
import { tryOut, type Trial } from './try-out.js';

export interface CheckOptions {
  readonly common: CommonOptions;
  /** Whom the manifest is for; null: whoever asks. */
  readonly serviceAccount: string | null;
  /** Whether the candidate is to write Events. */
  readonly events: boolean;
  /** Nobody is to have the right to create: the object is made beforehand, with the Role. */
  readonly withoutCreate: boolean;
  /** Whether it is to heed what the kubelet says of pods. */
  readonly podEvidence: boolean;
}

/** In the manifest when no lock was named. */
const EXAMPLE_NAME = 'leader-election';

/** A difference that nobody needs to look into. */
const TOLERATED_MS = 2000;

/** Finds out whether a candidate could take part from here. Resolves with the exit code. */
export async function check(options: CheckOptions): Promise<number> {
  const { common, serviceAccount, events, podEvidence, withoutCreate } = options;
  const { kubeConfig, namespace } = await openCluster(common);
  const place: Place = { kind: common.kind, namespace, name: common.name ?? EXAMPLE_NAME };
  const server = await reachServer(kubeConfig, place);
  const rights: readonly Right[] = [
    ...VERBS.filter((verb) => verb !== 'create' || !withoutCreate),
    ...(events ? (['createEvents'] as const) : []),
    ...(podEvidence ? (['getPods', 'watchPods'] as const) : []),
  ];
  const answers = await Promise.all(
    rights.map(async (right) => [right, await mayI(kubeConfig, place, right)] as const),
  );
  const user = await whoAmI(kubeConfig);
  const candidate = {
    identity: common.identity ?? defaultIdentity(),
    leaseDurationMs: common.timings.leaseDurationSeconds * 1000,
    creates: !withoutCreate,
  };
  // Without the others it can take part all the same.
  const isDenied = answers.some(([right, allowed]) => !isBeside(right) && allowed === false);
  const trial = isDenied ? null : await tryOut(kubeConfig, place, candidate);
  const found: Found = { place, server, user, answers, trial };
  const subject = subjectFor(found, serviceAccount);
  const purpose = withoutCreate ? 'candidateOfExisting' : 'candidate';
  const target = { ...callOn(place, 'get', purpose), events, podEvidence };
  const manifest = subject === null ? null : manifestOf(place, target, subject);
  if (common.json) print(jsonText(asJson(found, manifest), 2));
  else {
    // The manifest alone goes to stdout, so that it can be piped into kubectl.
    for (const line of lines(found, manifest)) printError(line);
    if (common.name === null) {
      printError(`No lock was named: they are for one called ${EXAMPLE_NAME}. See check NAME.`);
    }
    if (!withoutCreate) {
      printError('Without the right to create: --without-create prints that Role and the object.');
    }
    if (manifest !== null) print(manifest);
  }
  return isGood(found) ? EXIT.ok : EXIT.failed;
}

/** With the object where nobody else is to create it: it comes first, since candidates wait for it. */
function manifestOf(place: Place, target: RbacTarget, subject: Subject): string {
  const rights = rbacManifest(target, subject);
  return target.purpose === 'candidateOfExisting'
    ? `${lockManifest(place)}\n---\n${rights}`
    : rights;
}

interface Found {
  readonly place: Place;
  readonly server: Reached;
  readonly user: string | null;
  readonly answers: readonly (readonly [Right, boolean | null])[];
  /** Null: not made, because rights are missing. */
  readonly trial: Trial | null;
}

function isGood({ answers, trial }: Found): boolean {
  return hasRights(answers) && trial?.accepted !== false;
}

function hasRights(answers: Found['answers']): boolean {
  return answers.every(([, allowed]) => allowed === true);
}

/** Null: nobody who could be given rights without giving them to everybody. */
function subjectFor(found: Found, serviceAccount: string | null): Subject | null {
  const { namespace } = found.place;
  if (serviceAccount !== null) return { kind: 'ServiceAccount', name: serviceAccount, namespace };
  if (isAnonymous(found)) return null;
  return found.user === null
    ? { kind: 'ServiceAccount', name: 'default', namespace }
    : subjectOfUser(found.user);
}

function isAnonymous(found: Found): boolean {
  const { user, server, answers } = found;
  if (user !== null) return isEverybody(user);
  return server.withoutCredentials !== null && !hasRights(answers);
}

function asJson(found: Found, manifest: string | null): Record<string, unknown> {
  const { place, server, user, answers, trial } = found;
  const { address, version, aheadMs, withoutCredentials } = server;
  return {
    ok: isGood(found),
    address,
    version,
    user,
    withoutCredentials,
    clockAheadSeconds: aheadMs === null ? null : Number((aheadMs / 1000).toFixed(1)),
    lock: placeName(place),
    rights: Object.fromEntries(answers),
    trial,
    manifest,
  };
}

function lines(found: Found, manifest: string | null): string[] {
  const { place, server, user, answers, trial } = found;
  const { address, version, tookMs } = server;
  const named = version === null ? '' : ` (Kubernetes ${printable(version, { most: 60 })})`;
  return [
    `ok    the API server at ${address} answers${named}, in ${Math.round(tookMs)} ms`,
    clockLine(server),
    ...(user === null ? [] : [`      it knows this account as ${printable(user, { most: 253 })}`]),
    ...(isAnonymous(found) ? [anonymousLine(server)] : []),
    ...answers.map(([right, allowed]) => rightLine(place, right, allowed)),
    ...(trial === null ? [] : [trialLine(place, trial)]),
    '',
    verdict(found, manifest),
  ];
}

function verdict(found: Found, manifest: string | null): string {
  const { answers, trial } = found;
  if (isGood(found)) {
    const then = manifest === null ? '' : ' The rights that it needs, as a manifest:';
    return `A candidate can take part.${then}`;
  }
  if (manifest === null) {
    return 'Mend the credentials; no rights are to be given to everybody. See --service-account.';
  }
  if (trial?.mustBeMade) {
    return 'A candidate cannot take part before. The object, and the rights, as a manifest:';
  }
  return trial?.accepted === false && hasRights(answers)
    ? 'A candidate cannot take part, though it has the rights. These are, as a manifest:'
    : 'Rights are missing. To grant them, have somebody who may apply this manifest:';
}

function anonymousLine({ withoutCredentials }: Reached): string {
  const why =
    withoutCredentials === null
      ? 'the credentials that were sent were not accepted'
      : `no credentials were sent: ${withoutCredentials}`;
  return `FAIL  ${printable(why)}`;
}

function trialLine(place: Place, { verb, accepted, reason, mustBeMade }: Trial): string {
  if (mustBeMade) return `FAIL  ${reason ?? ''}`;
  const what = `a candidate's ${verb ?? 'reading of'} ${placeName(place)}`;
  if (accepted === true) return `ok    ${what} would be accepted (dry run)`;
  return accepted === null
    ? `?     ${what} cannot be tried out: ${printable(reason ?? '')}`
    : `FAIL  ${what} is refused: ${printable(reason ?? '')}`;
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

function rightLine(place: Place, right: Right, allowed: boolean | null): string {
  const what = inWords(place, right);
  if (allowed === null) return `?     the server does not say whether this account may ${what}`;
  return allowed ? `ok    may ${what}` : `FAIL  may not ${what}`;
}

function inWords(place: Place, right: Right): string {
  const { resource } = callOn(place, 'get');
  switch (right) {
    case 'create':
      return `create ${resource} in namespace ${place.namespace}`;
    case 'createEvents':
      return `create events in namespace ${place.namespace}`;
    case 'getPods':
    case 'watchPods':
      return `${BESIDE[right].verb} pods in namespace ${place.namespace}`;
    default:
      return `${right} ${placeName(place)}`;
  }
}
