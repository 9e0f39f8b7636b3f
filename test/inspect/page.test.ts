import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { type Inspector, startInspector } from '../../src/inspect.js';
import { describeWithBrowser, openPage } from './support/browser.js';
import { type EmbeddedFleet, embeddedFleet } from './support/candidates.js';

const PATIENCE = { timeout: 15_000 };

/** So long that nothing happens by itself while a busy machine is looked at. */
const CALM = { leaseDurationSeconds: 90, renewDeadlineSeconds: 80, retryPeriodSeconds: 60 };

/** Waits until the card shows one of these states. */
async function stateOf(page: Page, name: string, ...states: string[]): Promise<void> {
  const cards = states.map((state) => `[data-name="${name}"][data-state="${state}"]`).join();
  await page.waitForSelector(cards, PATIENCE);
}

/** The states that are lit in a card's own small chart. */
async function litIn(page: Page, name: string): Promise<(string | null)[]> {
  const lit = await page.locator(`[data-name="${name}"] .small .state.active`).all();
  return Promise.all(lit.map((state) => state.getAttribute('data-state')));
}

function ring(page: Page, name: string, delay: string): Promise<number> {
  const selector = `[data-name="${name}"] [data-ring="${delay}"]`;
  return page
    .locator(selector)
    .getAttribute('data-remaining')
    .then((text) => Number(text));
}

interface Stage extends AsyncDisposable {
  readonly fleet: EmbeddedFleet;
  readonly inspector: Inspector;
}

async function stage(): Promise<Stage> {
  const fleet = await embeddedFleet();
  const inspector = await startInspector();
  const end = async (): Promise<void> => {
    await inspector.close();
    await fleet[Symbol.asyncDispose]();
  };
  return { fleet, inspector, [Symbol.asyncDispose]: end };
}

describeWithBrowser('the live chart', (browser) => {
  it('shows two candidates side by side, the lit states and the rings of each', async () => {
    await using on = await stage();
    const [ada, bob] = [on.fleet.candidate('ada', CALM), on.fleet.candidate('bob', CALM)];
    on.inspector.attach(ada);
    on.inspector.attach(bob);
    const { page, faults } = await openPage(browser(), on.inspector.url);
    await stateOf(page, 'ada', 'idle');
    expect(await litIn(page, 'ada')).toEqual(['idle']);
    await ada.acquire();
    void bob.run();
    await stateOf(page, 'bob', 'acquiring');
    await stateOf(page, 'ada', 'leading');
    expect(await litIn(page, 'ada')).toEqual(
      expect.arrayContaining(['elected', 'elected.leading']),
    );
    expect(await litIn(page, 'bob')).toEqual(['acquiring']);

    const cards = await page.locator('.card').all();
    const [left, right] = await Promise.all(cards.map((card) => card.boundingBox()));
    expect(cards).toHaveLength(2);
    expect(left?.y).toBe(right?.y);
    expect(left?.x).toBeLessThan(right?.x ?? 0);

    // A follower knows of one lease; a leader of its own, its deadline and its next renewal.
    await page.waitForSelector('[data-name="bob"] [data-ring="leaseDuration"]:not(.absent)');
    expect(await page.locator('[data-name="bob"] .ring.absent').count()).toBe(2);
    expect(await page.locator('[data-name="ada"] .ring.absent').count()).toBe(0);
    const deadline = await ring(page, 'ada', 'renewDeadline');
    expect(deadline).toBeGreaterThan(0);
    expect(deadline).toBeLessThanOrEqual(80_000);
    // The lease is ten seconds longer than the deadline, and counts from the same moment.
    expect((await ring(page, 'ada', 'leaseDuration')) - deadline).toBeGreaterThan(5000);
    expect(faults).toEqual([]);
  });

  it('runs the rings down, and traces the transition that was taken', async () => {
    await using on = await stage();
    const timings = { leaseDurationSeconds: 90, renewDeadlineSeconds: 80 };
    const ada = on.fleet.candidate('ada', timings);
    on.inspector.attach(ada);
    const { page } = await openPage(browser(), on.inspector.url);
    await ada.acquire();
    await page.waitForSelector('.card.leads');
    on.fleet.cutOff('ada');
    // A renewal that was under way may still have got through.
    await page.waitForSelector('text=A renewal failed', PATIENCE);
    await stateOf(page, 'ada', 'renewing');
    await page.waitForSelector('#figure [data-arrow="elected.leading->elected.renewing"].traced');
    const line = page.locator('#figure [data-label="elected.leading->elected.renewing"] .traced');
    expect(await line.textContent()).toBe('after retryPeriod');
    const before = await ring(page, 'ada', 'renewDeadline');
    expect(before).toBeGreaterThan(0);
    await expect.poll(() => ring(page, 'ada', 'renewDeadline')).toBeLessThan(before);
    expect(await ring(page, 'ada', 'retryPeriod')).toBe(0);
  });

  it('shows a takeover: who leads, and both terms with their tokens', async () => {
    await using on = await stage();
    const timings = { leaseDurationSeconds: 6, renewDeadlineSeconds: 5 };
    const [ada, bob] = [on.fleet.candidate('ada', timings), on.fleet.candidate('bob', timings)];
    on.inspector.attach(ada, { name: 'pod-a' });
    on.inspector.attach(bob, { name: 'pod-b' });
    const { page } = await openPage(browser(), on.inspector.url);
    await ada.acquire();
    const first = String(ada.term?.fencingToken);
    void bob.run();
    await stateOf(page, 'pod-b', 'acquiring');
    on.fleet.cutOff('ada');
    await page.waitForSelector('[data-name="pod-b"].leads', PATIENCE);
    expect(await page.locator('.card.leads').count()).toBe(1);
    const second = String(bob.term?.fencingToken);
    await expect
      .poll(() => page.locator('.term').allTextContents())
      .toEqual([`token ${first}`, `token ${second}`]);
    await page.waitForSelector('text=no renewal within the renew deadline');
    // Nobody chose a candidate: the chart follows the leader.
    expect(await page.locator('#chart-title').textContent()).toBe('Chart of pod-b');
  });

  it('shows everything to a page, and of an election, that comes late', async () => {
    await using on = await stage();
    const ada = on.fleet.candidate('ada', CALM);
    await ada.acquire();
    const token = String(ada.term?.fencingToken);
    on.inspector.attach(ada);
    const { page } = await openPage(browser(), on.inspector.url);
    await page.waitForSelector('.card.leads');
    expect(await litIn(page, 'ada')).toContain('elected');
    expect(await page.locator('.term').textContent()).toBe(`token ${token}`);
    const facts = await page.locator('.facts').textContent();
    expect(facts).toContain('Lease default/watched');
    expect(facts).toContain('held by ada');
    expect(facts).toContain(`fencing token${token}`);
    expect(await ring(page, 'ada', 'leaseDuration')).toBeGreaterThan(0);
  });

  it('goes back in time by keyboard, holds still there, and returns to the present', async () => {
    await using on = await stage();
    const timings = { leaseDurationSeconds: 90, renewDeadlineSeconds: 80 };
    const ada = on.fleet.candidate('ada', timings);
    on.inspector.attach(ada);
    const { page } = await openPage(browser(), on.inspector.url);
    await stateOf(page, 'ada', 'idle');
    await ada.acquire();
    await stateOf(page, 'ada', 'leading');
    await page.keyboard.press('Space');
    expect(await page.locator('#pause').textContent()).toContain('Go live');
    for (let left = 30; left > 0; left -= 1) {
      await page.keyboard.press('ArrowLeft');
      if ((await litIn(page, 'ada')).includes('idle')) break;
    }
    expect(await litIn(page, 'ada')).toEqual(['idle']);
    await page.keyboard.press('ArrowRight');
    expect(await litIn(page, 'ada')).toEqual(['acquiring']);
    const entries = await page.locator('#entries li').count();
    // A renewal in the present changes nothing in the past.
    await new Promise((resolve) => ada.on('renewed', resolve));
    expect(await litIn(page, 'ada')).toEqual(['acquiring']);
    expect(await page.locator('#entries li').count()).toBe(entries);
    await page.keyboard.press('Space');
    await stateOf(page, 'ada', 'leading', 'renewing');
    expect(await page.locator('#entries li').count()).toBeGreaterThan(entries);
  });

  it('opens the inside of a state by keyboard, and changes between light and dark', async () => {
    await using on = await stage();
    const ada = on.fleet.candidate('ada');
    on.inspector.attach(ada);
    const { page } = await openPage(browser(), on.inspector.url, { dark: true });
    await stateOf(page, 'ada', 'idle');
    await page.locator('#figure [data-state="acquiring"]').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#figure [data-state="acquiring.waiting"]');
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    await page.keyboard.press('t');
    expect(await background()).not.toBe(dark);
    await page.keyboard.press('t');
    expect(await background()).toBe(dark);
  });

  it('fits the width of a phone', async () => {
    await using on = await stage();
    const ada = on.fleet.candidate('ada-with-a-long-name-such-as-pods-have-7d4b9c6f5-x2x9z');
    on.inspector.attach(ada);
    const { page, faults } = await openPage(browser(), on.inspector.url, { width: 390 });
    await ada.acquire();
    await page.waitForSelector('.card.leads');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    expect(faults).toEqual([]);
  });
});
