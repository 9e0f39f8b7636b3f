/**
 * Takes the pictures of docs/inspect.md: a real election on an embedded API server, in a headless
 * Chromium.
 *
 *     npx tsx test/inspect/screenshots.ts [FOLDER]    default: docs/images
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startInspector } from '../../src/inspect.js';
import { launch, openPage } from './support/browser.js';
import { embeddedFleet, untilAborted } from './support/candidates.js';

const FOLDER = process.argv[2] ?? fileURLToPath(new URL('../../docs/images', import.meta.url));
const TIMINGS = { leaseDurationSeconds: 8, renewDeadlineSeconds: 5, retryPeriodSeconds: 2 };
/** Wide enough for three candidates side by side. */
const WIDTH = 1180;
/** As far down as the cards reach. */
const CARDS_HEIGHT = 770;

/** The page as it stands now, in both colours: paused, so that both show the same. */
async function take(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Space');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const path = join(FOLDER, `${name}-${colorScheme}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    console.log(`Wrote ${path}`);
  }
  await page.keyboard.press('Space');
}

/** Winds down slowly, so that the time after a loss can be seen. */
async function slowWork(term: { readonly signal: AbortSignal }): Promise<void> {
  await untilAborted(term);
  await new Promise((resolve) => setTimeout(resolve, 2500));
}

async function main(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await using fleet = await embeddedFleet();
  await using inspector = await startInspector();
  const browser = await launch();
  try {
    const [first, ...others] = ['ada', 'bob', 'eve'].map((name) =>
      fleet.candidate(name, { ...TIMINGS, onStartedLeading: slowWork }),
    );
    if (first === undefined) return;
    inspector.attach(first);
    for (const other of others) inspector.attach(other);
    const size = { width: WIDTH, height: CARDS_HEIGHT };
    const { page } = await openPage(browser, inspector.url, size);
    await first.acquire();
    for (const other of others) void other.run();
    await page.locator('.news.good').nth(4).waitFor();
    await page.waitForSelector('[data-name="ada"][data-state="leading"]');
    await take(page, 'leading');
    await page.screenshot({ path: join(FOLDER, 'whole.png'), fullPage: true });

    fleet.cutOff('ada');
    const deadline = page.locator('[data-name="ada"] [data-ring="renewDeadline"]');
    for (let left = Infinity; left > 1800;) {
      left = Number(await deadline.getAttribute('data-remaining'));
    }
    await take(page, 'renewing');
    await page.waitForSelector('[data-name="ada"][data-state="lost"]');
    await take(page, 'lost');
    await page.waitForSelector('.card.leads:not([data-name="ada"])');
    await page.waitForSelector('[data-name="ada"]:not([data-state="lost"])');
    await take(page, 'takeover');

    await page.setViewportSize({ width: 390, height: 844 });
    await take(page, 'phone');
  } finally {
    await browser.close();
  }
}

await main();
