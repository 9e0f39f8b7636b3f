import type { Browser, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { LeaderElection } from '../../src/index.js';
import { type Inspector, startInspector } from '../../src/inspect.js';
import { describeWithBrowser, openPage } from './support/browser.js';
import { type EmbeddedFleet, embeddedFleet } from './support/candidates.js';

const PATIENCE = { timeout: 60_000 };

/** So long that nothing happens by itself while a busy machine is looked at. */
const CALM = { leaseDurationSeconds: 90, renewDeadlineSeconds: 80, retryPeriodSeconds: 60 };

/** Waits until the card shows one of these states. */
async function stateOf(page: Page, name: string, ...states: string[]): Promise<void> {
  const cards = states.map((state) => `[data-name="${name}"][data-state="${state}"]`).join();
  await page.waitForSelector(cards, PATIENCE);
}

/** The stage of its life that is lit on a card. */
function stageOf(page: Page, name: string): Promise<string | null> {
  return page.locator(`[data-name="${name}"] .stages .now`).textContent();
}

/** How many steps the page has heard of, whichever of them it shows. */
async function stepsKnown(page: Page): Promise<number> {
  return Number(/\/(\d+)/.exec((await page.locator('#moment').textContent()) ?? '')?.[1]);
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

/** Ada leads, with a lease that is not lost on a slow machine, and the page shows it. */
async function calmLeader(
  on: Stage,
  browser: Browser,
): Promise<{ ada: LeaderElection; page: Page }> {
  const timings = { leaseDurationSeconds: 90, renewDeadlineSeconds: 80 };
  const ada = on.fleet.candidate('ada', timings);
  on.inspector.attach(ada);
  const { page } = await openPage(browser, on.inspector.url);
  await ada.acquire();
  await page.waitForSelector('.card.leads');
  return { ada, page };
}

/**
 * The texts of the page that contrast with what is behind them by less than 4.5 to 1, the least that
 * WCAG asks for. Runs in the page.
 */
const WEAK_TEXTS = `(except) => {
  const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = colour;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = rgba(colour).map((part) => {
      const x = part / 255;
      return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const frame = node.closest('[data-text]')?.dataset.text;
    if (frame !== undefined) {
      const state = node.closest('svg').querySelector('[data-state="' + frame + '"] rect');
      return getComputedStyle(state).fill;
    }
    for (let at = node; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (rgba(backgroundColor)[3] === 255) return backgroundColor;
    }
    return 'white';
  };
  const texts = [...document.body.querySelectorAll('*')].filter((node) =>
    [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== ''));
  return texts
    .filter((node) => node.closest(except) === null && node.getClientRects().length > 0)
    .map((node) => {
      const style = getComputedStyle(node);
      const colour = node.closest('svg') === null ? style.color : style.fill;
      const [a, b] = [light(colour), light(behind(node))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return [ratio, node.tagName + '.' + (node.getAttribute('class') ?? '') + ' ' + node.textContent];
    })
    .filter(([ratio]) => ratio < 4.5)
    .map(([ratio, what]) => ratio.toFixed(2) + ' ' + what);
}`;

function weakTexts(page: Page, except: string): Promise<unknown> {
  return page.evaluate(`(${WEAK_TEXTS})(${JSON.stringify(except)})`);
}

describeWithBrowser('the live chart', (browser) => {
  it('shows two candidates side by side, the lit states and the rings of each', async () => {
    await using on = await stage();
    const [ada, bob] = [on.fleet.candidate('ada', CALM), on.fleet.candidate('bob', CALM)];
    on.inspector.attach(ada);
    on.inspector.attach(bob);
    const { page, faults } = await openPage(browser(), on.inspector.url);
    await stateOf(page, 'ada', 'idle');
    expect(await stageOf(page, 'ada')).toBe('idle');
    await ada.acquire();
    void bob.run();
    await stateOf(page, 'bob', 'acquiring');
    await stateOf(page, 'ada', 'leading');
    expect(await stageOf(page, 'ada')).toBe('leads');
    expect(await stageOf(page, 'bob')).toBe('waits');
    await page.waitForSelector('#figure [data-state="participating.elected.lease.leading"].active');

    const cards = await page.locator('.card').all();
    const [left, right] = await Promise.all(cards.map((card) => card.boundingBox()));
    expect(cards).toHaveLength(2);
    expect(left?.y).toBe(right?.y);
    expect(left?.x).toBeLessThan(right?.x ?? 0);

    // A follower knows of one lease; a leader of its own, its deadline and its next renewal.
    await page.waitForSelector('[data-name="bob"] [data-ring="leaseDuration"]:not(.absent)');
    expect(await page.locator('[data-name="bob"] .ring.absent').count()).toBe(2);
    expect(await page.locator('[data-name="ada"] .ring.absent').count()).toBe(0);
    const lease = await ring(page, 'ada', 'leaseDuration');
    const deadline = await ring(page, 'ada', 'renewDeadline');
    expect(deadline).toBeGreaterThan(0);
    expect(deadline).toBeLessThanOrEqual(80_000);
    // The lease is ten seconds longer than the deadline, and counts from the same moment.
    expect(lease - deadline).toBeGreaterThan(9_000);
    expect(faults).toEqual([]);
  });

  it('runs the rings down, and traces the transition that was taken', async () => {
    await using on = await stage();
    const { page } = await calmLeader(on, browser());
    on.fleet.cutOff('ada');
    // A renewal that was under way may still have got through.
    await page.waitForSelector('text=A renewal failed', PATIENCE);
    await stateOf(page, 'ada', 'renewing');
    await page.waitForSelector(
      '#figure [data-arrow="participating.elected.lease.leading->participating.elected.lease.renewing"].traced',
    );
    const line = page.locator(
      '#figure [data-label="participating.elected.lease.leading->participating.elected.lease.renewing"] .traced',
    );
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
    expect(await stageOf(page, 'ada')).toBe('leads');
    expect(await page.locator('.term').textContent()).toBe(`token ${token}`);
    const facts = await page.locator('.facts').textContent();
    expect(facts).toContain('Lease default/watched');
    expect(facts).toContain('held by ada');
    expect(facts).toContain(`fencing token${token}`);
    expect(await ring(page, 'ada', 'leaseDuration')).toBeGreaterThan(0);
  });

  it('is loaded again when a part of it did not come', async () => {
    await using on = await stage();
    const ada = on.fleet.candidate('ada', CALM);
    on.inspector.attach(ada);
    const page = await browser().newPage();
    let lost = 0;
    await page.route(/\/(history\.js|chart\.json)$/, async (route) => {
      lost += 1;
      // Each of the two once: it comes the second time, and then the other one does not.
      await (lost === 1 || lost === 3 ? route.abort('connectionfailed') : route.continue());
    });
    await page.goto(on.inspector.url, { waitUntil: 'domcontentloaded' });
    await page.waitForSelector('#connection:has-text("trying again")', PATIENCE);
    await stateOf(page, 'ada', 'idle');
    expect(lost).toBe(5);
  });

  it('goes back in time by keyboard, holds still there, and returns to the present', async () => {
    await using on = await stage();
    const ada = on.fleet.candidate('ada', CALM);
    on.inspector.attach(ada);
    const { page } = await openPage(browser(), on.inspector.url);
    await stateOf(page, 'ada', 'idle');
    await ada.acquire();
    await stateOf(page, 'ada', 'leading');
    await page.keyboard.press('Space');
    expect(await page.locator('#pause').textContent()).toContain('Go live');
    for (let left = 30; left > 0; left -= 1) {
      await page.keyboard.press('ArrowLeft');
      if ((await stageOf(page, 'ada')) === 'idle') break;
    }
    expect(await stageOf(page, 'ada')).toBe('idle');
    await page.keyboard.press('ArrowRight');
    expect(await stageOf(page, 'ada')).toBe('waits');
    await page.locator('#every-step').check();
    await page.locator('#chart-title').click();
    const entries = await page.locator('#entries li').count();
    const known = await stepsKnown(page);
    // What happens in the present changes nothing in the past.
    await ada.stop();
    await expect.poll(() => stepsKnown(page)).toBeGreaterThan(known);
    expect(await stageOf(page, 'ada')).toBe('waits');
    expect(await page.locator('#entries li').count()).toBe(entries);
    await page.keyboard.press('Space');
    await stateOf(page, 'ada', 'stopped');
    expect(await page.locator('#entries li').count()).toBeGreaterThan(entries);
  });

  it('opens the inside of a state by keyboard, and changes between light and dark', async () => {
    await using on = await stage();
    const ada = on.fleet.candidate('ada');
    on.inspector.attach(ada);
    const { page } = await openPage(browser(), on.inspector.url, { dark: true });
    await stateOf(page, 'ada', 'idle');
    await page.locator('#figure [data-state="participating.acquiring"]').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#figure [data-state="participating.acquiring.waiting"]');
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await background();
    await page.keyboard.press('t');
    expect(await background()).not.toBe(dark);
    await page.keyboard.press('t');
    expect(await background()).toBe(dark);
  });

  it('keeps the focus where it is while things happen, and takes one Tab for a list', async () => {
    await using on = await stage();
    const { ada, page } = await calmLeader(on, browser());
    const focused = () =>
      page.evaluate('[document.activeElement.closest("li, summary, svg, [role]")?.textContent]');
    const entries = page.locator('#entries button');
    await page.locator('#every-step').check();
    expect(await page.locator('#entries button[tabindex="0"]').count()).toBe(1);
    await page.locator('#entries button[tabindex="0"]').focus();
    await page.keyboard.press('End');
    const [oldest] = await entries.last().allTextContents();
    expect(await focused()).toEqual([oldest]);
    const before = await entries.count();
    await new Promise((resolve) => ada.on('renewed', resolve));
    await expect.poll(() => entries.count()).toBeGreaterThan(before);
    expect(await focused()).toEqual([oldest]);
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toEqual([await entries.nth(-2).textContent()]);
    expect(await page.locator('#pause').textContent()).toContain('Pause');

    await page.locator('[role="tab"][aria-selected="true"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    expect(await page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe(
      'Inside acquiring',
    );
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY');
  });

  it('can be read: contrasts, light and dark', async () => {
    await using on = await stage();
    const names = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal'];
    const all = names.map((name) => on.fleet.candidate(name, CALM));
    for (const one of all) on.inspector.attach(one);
    const { page } = await openPage(browser(), on.inspector.url);
    for (const one of all) {
      await one.acquire();
      if (one !== all.at(-1)) await one.stop();
    }
    await page.waitForSelector('[data-name="hal"].leads');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // Of those that have ended, the cards are faded on purpose.
      expect(await weakTexts(page, '.card[data-presence="over"], option')).toEqual([]);
      for (const tab of await page.locator('[role="tab"]').all()) {
        await tab.click();
        await page.waitForSelector('#figure .state.active');
        expect(await weakTexts(page, '.card, option')).toEqual([]);
      }
    }
  });

  it('on a phone keeps the lit state in sight, until somebody moves the picture', async () => {
    await using on = await stage();
    const ada = on.fleet.candidate('ada', CALM);
    on.inspector.attach(ada);
    const { page } = await openPage(browser(), on.inspector.url, { width: 390 });
    await ada.acquire();
    await page.waitForSelector('#figure [data-state="participating.elected.lease.leading"].active');
    const inSight = () =>
      page.evaluate(
        `(() => {
          const frame = document.querySelector('#figure').getBoundingClientRect();
          const state = document.querySelector('#figure [data-state="participating.elected.lease.leading"]');
          const { left, right } = state.getBoundingClientRect();
          return left >= frame.left && right <= frame.right;
        })()`,
      );
    await expect.poll(inSight).toBe(true);
    await page.locator('#figure').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#pause').textContent()).toContain('Pause');
    await page.evaluate(`document.querySelector('#figure').scrollLeft = 0`);
    await ada.stop();
    await page.waitForSelector('#figure [data-state="stopped"].active');
    expect(await page.evaluate(`document.querySelector('#figure').scrollLeft`)).toBe(0);
  });
});
