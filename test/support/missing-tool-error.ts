/**
 * Something that the tests need is not installed on this machine.
 *
 * Away from CI the tests concerned are skipped with a loud line; in CI this is a failure.
 */
export class MissingToolError extends Error {
  override readonly name = 'MissingToolError';
  readonly code = 'ERR_MISSING_TOOL';
}
