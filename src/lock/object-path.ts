import type { ObjectKind } from './stored-record.js';

/** The path of all objects of a kind in a namespace; null: in all of them. */
export function collectionPath(
  { apiVersion, resource }: Pick<ObjectKind, 'apiVersion' | 'resource'>,
  namespace: string | null,
): string {
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  if (namespace === null) return `${api}/${resource}`;
  return `${api}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

/** The path of one of them. */
export function objectPath(
  kind: Pick<ObjectKind, 'apiVersion' | 'resource'>,
  namespace: string,
  name: string,
): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}
