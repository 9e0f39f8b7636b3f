/**
 * The `name` of an error, empty where there is none. It tells an error of another realm (a `vm`
 * context, as Jest runs each test file in) for what it is, which `instanceof` does not.
 */
export function errorName(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('name' in error)) return '';
  return typeof error.name === 'string' ? error.name : '';
}
