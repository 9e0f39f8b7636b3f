import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { isCi } from '../../support/build-apiserver.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

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

function installChromium(): string | undefined {
  try {
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], {
      stdio: 'inherit',
    });
  } catch {
    // The tests fail then, and say what is missing.
  }
  return findChromium();
}

const MISSING =
  'There is no Chromium. Install one (Debian: apt-get install chromium), or set CHROMIUM to its path';

export async function launch(): Promise<Browser> {
  const executablePath = findChromium() ?? (isCi() ? installChromium() : undefined);
  if (executablePath === undefined) throw new Error(MISSING);
  // Tests run as root in containers, where Chromium's own sandbox does not work.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** An open page, and everything that went wrong in it or came from elsewhere. */
export interface OpenPage {
  readonly page: Page;
  readonly faults: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  { width = 1440, height = 1000, dark = false }: PageOptions = {},
): Promise<OpenPage> {
  const colorScheme = dark ? 'dark' : 'light';
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked for ${request.url()}`);
  });
  // The stream never ends, so that the page never is loaded in full.
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return { page, faults };
}

/** `describe` for tests in a browser. Without one they are skipped loudly; in CI they fail. */
export function describeWithBrowser(name: string, define: (browser: () => Browser) => void): void {
  if (findChromium() === undefined && !isCi()) {
    process.stderr.write(`[browser] SKIPPED "${name}": ${MISSING}\n`);
    describe.skip(name, () => {
      define(() => {
        throw new Error(MISSING);
      });
    });
    return;
  }
  describe(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());
    define(() => {
      if (browser === undefined) throw new Error('Ask for the browser inside a test');
      return browser;
    });
  });
}
