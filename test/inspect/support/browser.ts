import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { isCi } from '../../support/ci.js';
import { findChromium, MISSING } from './chromium.js';

export async function launch(): Promise<Browser> {
  const executablePath = findChromium();
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
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  // Tests beside this one lay cables to other networks; the page is loaded again by itself then.
  const fault = (text: string): void => {
    if (!/ERR_NETWORK_CHANGED|Failed to fetch/.test(text)) faults.push(text);
  };
  page.on('pageerror', (error) => fault(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') fault(message.text());
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
    // A page that is left open goes on to draw ten times a second, beside the tests that come.
    afterEach(async () => {
      await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
    });
    afterAll(() => browser?.close());
    define(() => {
      if (browser === undefined) throw new Error('Ask for the browser inside a test');
      return browser;
    });
  });
}
