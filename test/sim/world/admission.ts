import { ANNOTATION } from '../candidates/simulated-lock.js';
import type { Json } from '../facts.js';

/** What admission makes of a record on its way into the store. */
export type Admission =
  | { readonly kind: 'digits' }
  | { readonly kind: 'duration'; readonly mostSeconds: number }
  | { readonly kind: 'label' }
  | { readonly kind: 'holder'; readonly holder: string };

/** The label that it adds. */
export const ADMITTED = 'admission.example.com/seen';

type Fields = Readonly<Record<string, unknown>>;

/** The body of a write as it is stored. A release keeps its empty holder. */
export function admitted(body: string, admission: Admission): string {
  const object = JSON.parse(body) as Json & { metadata: Fields; spec?: Fields };
  const { metadata } = object;
  const annotations = metadata['annotations'] as Fields | undefined;
  if (admission.kind === 'label') {
    const labels = { ...(metadata['labels'] as Fields | undefined), [ADMITTED]: 'yes' };
    return JSON.stringify({ ...object, metadata: { ...metadata, labels } });
  }
  if (object['kind'] === 'Lease') {
    return JSON.stringify({ ...object, spec: alter(object.spec ?? {}, admission) });
  }
  const text = annotations?.[ANNOTATION];
  if (typeof text !== 'string') return body;
  const altered = JSON.stringify(alter(JSON.parse(text) as Fields, admission));
  const others = { ...metadata, annotations: { ...annotations, [ANNOTATION]: altered } };
  return JSON.stringify({ ...object, metadata: others });
}

/**
 * Present is the holder that was to be written, at another version than was written over. To one of
 * two that bear the same name that is its own write, as admission may have altered it.
 */
export function looksStored(body: string, present: Json): boolean {
  const sent = JSON.parse(body) as Json;
  const isLater = versionOf(sent) !== versionOf(present);
  return isLater && holderOf(sent) === holderOf(present);
}

function versionOf({ metadata }: Json): unknown {
  return (metadata as Fields)['resourceVersion'];
}

function holderOf({ metadata, spec }: Json): unknown {
  const annotations = (metadata as Fields)['annotations'] as Fields | undefined;
  const text = annotations?.[ANNOTATION];
  if (typeof text !== 'string') return (spec as Fields | undefined)?.['holderIdentity'];
  return /"holderIdentity":"([^"]*)"/.exec(text)?.[1];
}

function alter(fields: Fields, admission: Admission): Fields {
  switch (admission.kind) {
    case 'digits':
      return {
        ...fields,
        acquireTime: wholeSeconds(fields['acquireTime']),
        renewTime: wholeSeconds(fields['renewTime']),
      };
    case 'duration': {
      const seconds = Math.min(Number(fields['leaseDurationSeconds']), admission.mostSeconds);
      return { ...fields, leaseDurationSeconds: seconds };
    }
    case 'holder':
      return fields['holderIdentity'] === ''
        ? fields
        : { ...fields, holderIdentity: admission.holder };
    default:
      return fields;
  }
}

function wholeSeconds(time: unknown): unknown {
  return typeof time === 'string' ? time.replace(/\.\d+Z$/, '.000000Z') : time;
}
