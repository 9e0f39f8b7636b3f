import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isCi } from '../../support/ci.js';
import { installPackages } from '../../support/debian.js';
import { MissingToolError } from '../../support/missing-tool-error.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export const MISSING =
  'There is no Chromium. Install one (Debian: apt-get install chromium), or set CHROMIUM to its path';

/** The path of a Chromium; undefined if there is none. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...(named === undefined ? [] : [named]), ...places].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The path of a Chromium, which in CI is installed where there is none.
 *
 * @throws MissingToolError where it cannot be had
 */
export async function ensureChromium(): Promise<string> {
  if (findChromium() === undefined && isCi()) await installPackages(['chromium'], MISSING);
  const path = findChromium();
  if (path === undefined) throw new MissingToolError(MISSING);
  return path;
}
