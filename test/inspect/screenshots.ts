/**
 * Takes the pictures of docs/inspect.md: a real election of processes on a real API server, in a
 * headless Chromium.
 *
 *     npx tsx test/inspect/screenshots.ts [FOLDER]
 *
 * Without a folder, those that the docs show go to docs/images; with one, all of them go there: each
 * situation in both colours, on a desktop and on a phone.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startInspector } from '../../src/inspect.js';
import { startRealApiServer } from '../support/real-api-server.js';
import { launch, openPage } from './support/browser.js';
import { pictureFromCluster } from './support/cluster-picture.js';
import { POD_NAMES, Pods } from './support/pods.js';

const [, , GIVEN] = process.argv;
const FOLDER = GIVEN ?? fileURLToPath(new URL('../../docs/images', import.meta.url));
/** They travel in the package, so there are no more than are looked at. */
const IN_DOCS = [
  ...['leading-light', 'leading-dark', 'failing-light', 'stopped-light', 'stopped-dark'],
  ...['killed-light', 'handover-light', 'six-dark', 'whole', 'cluster-light'],
  ...['leading-phone-light', 'leading-phone-dark', 'stopped-phone-light', 'stopped-phone-dark'],
];
/** Wide enough for three candidates side by side, as far down as the cards reach. */
const DESKTOP = { width: 1180, height: 700 };
const PHONE = { width: 390, height: 844 };
const QUALITY = 0.6;

/** As WebP, which Chromium can make: a third of what its PNG is. */
async function write(blank: Page, name: string, png: Buffer): Promise<void> {
  if (GIVEN === undefined && !IN_DOCS.includes(name)) return;
  const data = await blank.evaluate<string>(
    `(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${png.toString('base64')}';
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', ${QUALITY}).split(',')[1];
    })()`,
  );
  const path = join(FOLDER, `${name}.webp`);
  await writeFile(path, Buffer.from(data, 'base64'));
  console.log(`Wrote ${path}`);
}

/** Pictures of the page as it stands now, paused, so that all show the same. */
async function take(page: Page, blank: Page, name: string): Promise<void> {
  await page.keyboard.press('Space');
  for (const [suffix, size] of [['', DESKTOP] as const, ['-phone', PHONE] as const]) {
    await page.setViewportSize(size);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await write(blank, `${name}${suffix}-${colorScheme}`, await page.screenshot());
    }
  }
  await page.setViewportSize(DESKTOP);
  await page.keyboard.press('Space');
}

const ended = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function main(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const server = await startRealApiServer();
  await using inspector = await startInspector();
  const kubeConfig = server.kubeConfig('candidate', { namespace: 'default' });
  using pods = new Pods(inspector, kubeConfig);
  const browser = await launch();
  try {
    const { page } = await openPage(browser, inspector.url, DESKTOP);
    const blank = await browser.newPage();
    await pictureFromCluster(server, browser, DESKTOP, (shown, name) => take(shown, blank, name));
    const leader = page.locator('.card.leads');
    const leaderOf = async (): Promise<string> => (await leader.getAttribute('data-name')) ?? '';
    const headline = (text: string | RegExp): Promise<void> =>
      page.locator('.headline strong').filter({ hasText: text }).waitFor({ timeout: 30_000 });
    const [first = '', second = '', third = '', ...more] = POD_NAMES;
    await pods.start(first);
    await leader.waitFor({ timeout: 30_000 });
    for (const name of [second, third]) await pods.start(name, 600);
    await page.locator('.card[data-state="acquiring"]').nth(1).waitFor({ timeout: 30_000 });
    await ended(8000);
    await take(page, blank, 'leading');
    await page.emulateMedia({ colorScheme: 'light' });
    await write(blank, 'whole', await page.screenshot({ fullPage: true }));

    pods.kill(first);
    await headline('is gone');
    await take(page, blank, 'killed');
    await leader.waitFor({ timeout: 30_000 });
    await ended(3000);
    await pods.start(first);
    await page.locator('.card[data-state="acquiring"]').nth(1).waitFor({ timeout: 30_000 });
    pods.stop(await leaderOf());
    await headline('stops leading');
    await take(page, blank, 'handover');
    await headline(/leads for/);
    await ended(2000);
    for (const name of more) await pods.start(name);
    await page.locator('.card[data-state="acquiring"]').nth(3).waitFor({ timeout: 120_000 });
    await ended(4000);
    await take(page, blank, 'six');
    await server.killApiServer('SIGSTOP');
    await headline('still leads, but');
    await take(page, blank, 'failing');
    await headline('the API server does not answer');
    await ended(8000);
    await take(page, blank, 'stopped');
    await server.killApiServer('SIGCONT');
  } finally {
    await browser.close();
    await server.stop();
  }
}

await main();
