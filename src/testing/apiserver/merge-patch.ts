import { type JsonObject, isJsonObject } from './objects.js';

/** JSON Merge Patch, RFC 7396: `null` takes a field away, everything but objects is replaced. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Whether a strategic merge patch holds anything that a plain merge would get wrong. */
export function hasListOrDirective(patch: unknown): boolean {
  if (Array.isArray(patch)) return true;
  if (!isJsonObject(patch)) return false;
  return Object.entries(patch).some(
    ([key, value]) => key.startsWith('$') || hasListOrDirective(value),
  );
}
