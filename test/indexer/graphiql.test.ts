import { chromium as browsers } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { chromium } from '../support/chromium.ts';
import { until } from '../support/until.ts';
import { openMarket } from './support/market.ts';
import { startService, type TestService } from './support/service.ts';

let anvil: Anvil;
let service: TestService;
beforeAll(async () => {
  anvil = await startAnvil();
  const market = await openMarket(anvil);
  service = await startService(anvil, market.deployment, undefined);
  await service.caughtUp();
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

test('every part that its page names is there, and says what it is', async () => {
  const page = await fetch(`${service.indexer.url}/graphql`, { headers: { accept: 'text/html' } });
  const text = await page.text();
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, place]) => place);
  expect(named.length).toBeGreaterThan(4);
  for (const place of named) {
    expect(place).toMatch(/^\/graphiql\//);
    const part = await fetch(`${service.indexer.url}${place}`);
    expect([place, part.status]).toEqual([place, 200]);
    expect(part.headers.get('content-encoding')).toBe('gzip');
    expect((await part.text()).length).toBeGreaterThan(50);
  }
  expect((await fetch(`${service.indexer.url}/graphiql/none.js`)).status).toBe(404);
});

describe.skipIf(chromium === undefined)('in Chromium (skipped where there is none)', () => {
  test('it shows the schema and an answer, and asks nobody else', async () => {
    const browser = await browsers.launch({
      executablePath: chromium!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      timeout: 0,
    });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('request', (asked) => {
        const { origin, protocol } = new URL(asked.url());
        if (origin === service.indexer.url || protocol === 'data:' || protocol === 'blob:') return;
        faults.push(`asked ${asked.url()}`);
      });
      page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) faults.push(message.text());
      });
      const query = encodeURIComponent('{ totals { models } }');
      await page.goto(`${service.indexer.url}/graphql?query=${query}`, { waitUntil: 'commit' });
      const run = page.getByRole('button', { name: 'Execute query' });
      // What is asked is in the editor a moment after the button is there.
      await until(async () => {
        await run.click();
        return /"models":\s*1/.test(await page.locator('.graphiql-response').innerText());
      });
      await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
      await page.getByRole('link', { name: 'Query', exact: true }).click();
      await until(async () =>
        (await page.locator('.graphiql-plugin').innerText()).includes('What can be asked for.'),
      );
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
