import { expect, it } from 'vitest';
import { connectInspector, startInspector } from '../../src/inspect.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { describeWithBrowser, openPage } from './support/browser.js';
import { candidateOn } from './support/candidates.js';

describeWithBrowser('the live chart of an election on a real API server', (browser) => {
  describeWithApiServer('with two candidates, one of which reports from elsewhere', (server) => {
    it('shows who leads, late, then a hand-over, the record and the rings', async () => {
      await server().createNamespace('default');
      const kubeConfig = server().kubeConfig('candidate', { namespace: 'default' });
      await using inspector = await startInspector();
      await using elsewhere = connectInspector({ url: inspector.url });
      const timings = { leaseDurationSeconds: 30, renewDeadlineSeconds: 20 };
      const [ada, bob] = ['ada', 'bob'].map((name) => candidateOn(kubeConfig, name, timings));
      if (ada === undefined || bob === undefined) throw new Error('two candidates');
      try {
        await ada.acquire();
        void bob.run();
        inspector.attach(ada);
        elsewhere.attach(bob);
        const { page, faults } = await openPage(browser(), inspector.url);
        await page.waitForSelector('[data-name="ada"].leads[data-state="leading"]');
        await page.waitForSelector('[data-name="bob"][data-state="acquiring"]');
        const token = String(ada.term?.fencingToken);
        expect(await page.locator('[data-name="ada"] .facts').textContent()).toContain(token);
        const bobs = page.locator('[data-name="bob"] .facts');
        await expect.poll(() => bobs.textContent()).toContain('held by ada');

        await ada.stop();
        await page.waitForSelector('[data-name="bob"].leads', { timeout: 15_000 });
        await page.waitForSelector('[data-name="ada"][data-presence="over"][data-state="stopped"]');
        const tokens = [token, String(bob.term?.fencingToken)].map((one) => `token ${one}`);
        await expect.poll(() => page.locator('.term').allTextContents()).toEqual(tokens);
        await expect.poll(() => bobs.textContent()).toContain('transitions1');
        const deadline = page.locator('[data-name="bob"] [data-ring="renewDeadline"]');
        expect(Number(await deadline.getAttribute('data-remaining'))).toBeGreaterThan(0);
        expect(faults).toEqual([]);
      } finally {
        await Promise.all([ada.stop(), bob.stop()]);
      }
    });
  });
});
