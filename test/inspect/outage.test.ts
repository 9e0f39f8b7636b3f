import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { startInspector } from '../../src/inspect.js';
import { describeWithOwnApiServer } from '../support/shared-api-server.js';
import { describeWithBrowser, openPage } from './support/browser.js';
import { POD_NAMES, Pods } from './support/pods.js';

const PATIENCE = { timeout: 60_000 };

/** In the page: what a colour looks like, of the headline and of what marks the card of each state. */
const COLOURS = `(() => {
  const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const nameOf = (colour) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = colour;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    if (Math.max(r, g, b) - Math.min(r, g, b) < 60) return 'pale';
    if (r > 1.8 * g && r > 1.8 * b) return 'red';
    return r > b && g > b && r > g ? 'amber' : 'other';
  };
  const backgrounds = (selector) => [...document.querySelectorAll(selector)].map((one) =>
    nameOf(getComputedStyle(one).backgroundColor));
  const strokes = [...document.querySelectorAll('.card .hand:not(.out)')].map((one) =>
    nameOf(getComputedStyle(one).stroke));
  return { headline: backgrounds('.headline'), states: backgrounds('.state-name'), strokes };
})()`;

interface Colours {
  readonly headline: string[];
  readonly states: string[];
  readonly strokes: string[];
}

const coloursOf = async (page: Page): Promise<Colours> => page.evaluate(COLOURS);

/** Waits for a headline, and gives what is said besides. */
async function headline(page: Page, text: RegExp): Promise<string> {
  const found = page.locator('.headline strong').filter({ hasText: text });
  await found.waitFor(PATIENCE);
  return (await page.locator('.headline .more').first().textContent()) ?? '';
}

describeWithBrowser('the live chart in trouble', (browser) => {
  describeWithOwnApiServer('with pods that report to it', {}, (server) => {
    it('says in words and colours what is wrong, from a calm leader to one that is back', async () => {
      await server().createNamespace('default');
      const kubeConfig = server().kubeConfig('candidate', { namespace: 'default' });
      await using inspector = await startInspector();
      using pods = new Pods(inspector, kubeConfig);
      const { page, faults } = await openPage(browser(), inspector.url);
      const [first = '', second = ''] = POD_NAMES;
      await pods.start(first);
      expect(await headline(page, /data-process…x2x9z leads for \d/)).toContain('Nobody waits');
      for (const name of POD_NAMES.slice(1)) await pods.start(name);
      await page.locator('.card').nth(5).waitFor(PATIENCE);
      await expect.poll(() => page.locator('[data-state="acquiring"]').count(), PATIENCE).toBe(5);
      await expect.poll(() => page.title()).toBe('data-process…x2x9z leads · Leader election');
      // Six side by side, of which none is too narrow, and nothing looks like trouble.
      const names = await page.locator('.card .name').allTextContents();
      expect(new Set(names).size).toBe(6);
      const calm = await coloursOf(page);
      expect([calm.headline, new Set(calm.states)]).toEqual([['pale'], new Set(['pale'])]);
      expect(calm.strokes).not.toContain('red');

      pods.kill(first);
      const then = await headline(
        page,
        /data-process…x2x9z is gone; nobody leads for .* runs out in/,
      );
      expect(then).toContain('may take over');
      const card = page.locator(`[data-name="${first}"]`);
      expect(await card.locator('.state-name').textContent()).toBe('gone');
      expect(await card.getAttribute('class')).not.toContain('leads');
      expect(await card.locator('.facts').isVisible()).toBe(false);
      expect((await coloursOf(page)).headline).toEqual(['amber']);
      expect(await headline(page, /^data\S+ leads for/)).toContain(
        'It took over from data-process…x2x9z',
      );
      const leader = await page.locator('.card.leads').getAttribute('data-name');
      expect(leader).not.toBe(first);

      await server().killApiServer('SIGSTOP');
      expect(await headline(page, /still leads, but/)).toContain('unless a renewal succeeds');
      expect((await coloursOf(page)).headline).toEqual(['amber']);
      const problem = /Nobody leads for \d+ s: the API server does not answer \(timeout\)/;
      await headline(page, problem);
      expect((await coloursOf(page)).headline).toEqual(['red']);
      expect(await page.title()).toBe('Nobody leads · Leader election');
      // The lease has run out: nobody is said to hold it.
      const facts = page.locator(`[data-name="${leader}"] .facts`);
      await expect.poll(() => facts.textContent(), PATIENCE).not.toContain('held by');
      await server().killApiServer('SIGCONT');
      await headline(page, /^data\S+ leads for/);
      expect((await coloursOf(page)).headline).toEqual(['pale']);

      const last = (await page.locator('.card.leads').getAttribute('data-name')) ?? second;
      pods.stop(last);
      await headline(page, /^data\S+ leads for/);
      await page.locator(`.card.leads:not([data-name="${last}"])`).waitFor(PATIENCE);
      expect(await headline(page, /^data\S+ leads for/)).toContain('(it was asked to stop)');

      await page.setViewportSize({ width: 390, height: 844 });
      const tops = await page.evaluate(
        `[...document.querySelectorAll('.card')].map((one) => [one.getBoundingClientRect().top, one.classList.contains('leads')]).sort((a, b) => a[0] - b[0]).map(([, leads]) => leads)`,
      );
      expect(tops).toEqual([true, false, false, false, false, false]);
      const leads = await page.locator('.card.leads').boundingBox();
      const terms = await page.locator('#timeline').boundingBox();
      expect(leads?.y).toBeLessThan(terms?.y ?? 0);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);

      await inspector.close();
      await headline(page, /Nothing comes from the program that serves this page/);
      // The browser complains about the connection that has gone.
      expect(faults.filter((fault) => !fault.includes('ERR_'))).toEqual([]);
    }, 120_000);
  });
});
