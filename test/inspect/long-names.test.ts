import { KubeConfig } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { LeaseLock } from '../../src/index.js';
import { startInspector } from '../../src/inspect.js';
import { describeWithBrowser, openPage } from './support/browser.js';
import { embeddedFleet } from './support/candidates.js';

const LONG = `pod-${'x'.repeat(300)}`;
/** As long as Kubernetes allows. */
const LOCK = 'l'.repeat(253);
const HOSTILE = 'eve\u202e\u2066\u0007\u{e0041}';

/** In the page: how wide it is, and what of it lies outside of its window. */
const WHAT_IS_WIDE = `({
  whole: document.documentElement.scrollWidth,
  inside: [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
    .filter((element) => element.closest('svg, .lane, .roam') === null)
    .map((element) => element.tagName + '.' + element.className),
})`;

describeWithBrowser('names that are long or deceive', (browser) => {
  it.each([1440, 400])('fit into a page %i px wide', async (width) => {
    await using fleet = await embeddedFleet();
    await using inspector = await startInspector();
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(fleet.server.kubeConfig());
    const lockOf = (identity: string): LeaseLock =>
      new LeaseLock({ name: LOCK, namespace: 'default', identity, kubeConfig });
    const ada = fleet.candidate('ada', { lock: lockOf(LONG) });
    inspector.attach(ada);
    await ada.acquire();
    const follower = fleet.candidate('bob', { lock: lockOf('bob') });
    inspector.attach(follower, { name: LONG });
    void follower.run();
    const { page, faults } = await openPage(browser(), inspector.url, { width });
    await page.waitForSelector('.card.leads');
    await expect
      .poll(() => page.locator('.card:not(.leads) .facts').textContent())
      .toContain('held by');
    const wide = await page.evaluate(WHAT_IS_WIDE);
    expect(wide).toEqual({ whole: width, inside: [] });
    expect(faults).toEqual([]);
    await page.close();
  });

  it('are shown with what nobody could see', async () => {
    await using fleet = await embeddedFleet();
    await using inspector = await startInspector();
    const ada = fleet.candidate('ada');
    inspector.attach(ada, { name: HOSTILE });
    await ada.acquire();
    const { page } = await openPage(browser(), inspector.url);
    await page.waitForSelector('.card.leads');
    const name = await page.locator('.card').getAttribute('data-name');
    expect(name).toBe('eve\\u202e\\u2066\\u0007\\u{e0041}');
    expect(await page.locator('.card .name').textContent()).toBe('eve\\u20…7\\u{e0041}');
    await page.close();
  });
});
