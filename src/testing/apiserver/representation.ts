import type { Answer } from './call.js';
import { isJsonObject, type KubernetesObject } from './objects.js';
import { type ApiStatusError, failure, notAcceptable } from './status.js';
import type { WatchEvent, WatchStream } from './watches.js';

/** In which form a client wants objects: in whole, or their metadata alone. */
export interface Representation {
  readonly kind: 'whole' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Of `meta.k8s.io`. */
  readonly version: string;
}

const WHOLE: Representation = { kind: 'whole', version: '' };

/**
 * What the client would rather read than anything else that is made here. A Table, which kubectl
 * prefers, is not.
 *
 * @throws ApiStatusError 406 when nothing of it is
 */
export function representationFor(accept: string): Representation {
  if (accept === '' || accept === 'application/json') return WHOLE;
  const clauses = accept.split(',').map(readClause);
  const wanted = clauses
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .flatMap(({ representation }) => (representation === null ? [] : [representation]));
  const [first] = wanted;
  if (first !== undefined) return first;
  throw clauses.some(({ isJson }) => isJson) ? unknownForm() : notAcceptable();
}

interface Clause {
  readonly isJson: boolean;
  readonly representation: Representation | null;
  readonly quality: number;
}

function readClause(clause: string): Clause {
  const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
  const params = new Map(
    rest.map((part): [string, string] => {
      const [name = '', value = ''] = part.split('=');
      return [name.trim().toLowerCase(), value.trim()];
    }),
  );
  const quality = Number(params.get('q') ?? 1);
  const isJson = /^(\*\/\*|application\/(\*|json))$/.test(type);
  return { isJson, quality, representation: isJson ? formOf(params) : null };
}

function formOf(params: ReadonlyMap<string, string>): Representation | null {
  const kind = params.get('as');
  if (kind === undefined) return WHOLE;
  if (kind !== 'PartialObjectMetadata' && kind !== 'PartialObjectMetadataList') return null;
  const version = params.get('v') ?? '';
  const isKnown = params.get('g') === 'meta.k8s.io' && ['v1', 'v1beta1'].includes(version);
  return isKnown ? { kind, version } : null;
}

function unknownForm(): ApiStatusError {
  const message = 'only the following media types are accepted: application/json';
  return failure(406, 'NotAcceptable', message);
}

/** The answer in that form. @throws ApiStatusError 406 for a list as one object, or the reverse */
export function represented(
  given: Answer | WatchStream,
  form: Representation,
): Answer | WatchStream {
  if (form.kind === 'whole') return given;
  if (given.type === 'watch') return representedWatch(given, form);
  const { body } = given;
  if (!isJsonObject(body) || body['kind'] === 'Status') return given;
  return { ...given, body: representedBody(body as KubernetesObject, form) };
}

function representedBody(body: KubernetesObject, form: Representation): unknown {
  const { items } = body;
  const wantsList = form.kind === 'PartialObjectMetadataList';
  if (Array.isArray(items) !== wantsList) {
    const what = wantsList ? 'not a list' : 'a list';
    const group = body.apiVersion.includes('/') ? body.apiVersion.split('.')[0] : 'core';
    throw failure(
      406,
      'NotAcceptable',
      `you requested ${form.kind}, but the requested object is ${what} (*${group}.${body.kind})`,
    );
  }
  if (!Array.isArray(items)) return metadataOnly(body, form);
  return {
    kind: form.kind,
    apiVersion: `meta.k8s.io/${form.version}`,
    metadata: body.metadata,
    items: (items as KubernetesObject[]).map((item) => metadataOnly(item, form)),
  };
}

function metadataOnly({ metadata }: KubernetesObject, form: Representation): KubernetesObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${form.version}`,
    metadata,
  };
}

/** A watch brings objects one by one; where a list was asked for, the real server brings nothing. */
function representedWatch(stream: WatchStream, form: Representation): WatchStream {
  if (form.kind === 'PartialObjectMetadataList') {
    return { ...stream, open: () => () => undefined, bookmark: () => null };
  }
  const cut = ({ type, object }: WatchEvent): WatchEvent =>
    type === 'ERROR'
      ? { type, object }
      : { type, object: metadataOnly(object as KubernetesObject, form) };
  return {
    ...stream,
    open: (deliver) =>
      stream.open((event) => {
        deliver(cut(event));
      }),
    bookmark: () => {
      const event = stream.bookmark();
      return event === null ? null : cut(event);
    },
  };
}
