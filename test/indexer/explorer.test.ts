import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import axe, { type AxeResults } from 'axe-core';
import { chromium as browsers, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium } from '../support/chromium.ts';
import { until } from '../support/until.ts';
import { HOSTILE_NAME, openExplorerWorld, type ExplorerWorld } from './support/explorer-world.ts';

let world: ExplorerWorld;
let url: string;
beforeAll(async () => {
  world = await openExplorerWorld();
  ({ url } = world.service.indexer);
});
afterAll(() => world.close());

test('its script has at most 250 kB, zipped', () => {
  const folder = path.resolve('indexer/explorer/generated/assets');
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const bytes = scripts.map((name) => gzipSync(readFileSync(path.join(folder, name))).length);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
});

test('every page has an address, and nothing else has', async () => {
  const statusOf = async (asked: string, init?: RequestInit): Promise<number> =>
    (await fetch(`${url}${asked}`, init)).status;
  for (const { at } of pages()) expect([at, await statusOf(at)]).toEqual([at, 200]);
  for (const at of ['/nothing', '/jobs/a/b', '/assets/none.js', '/package.json', '/%2e%2e/package.json']) {
    expect([at, await statusOf(at)]).toEqual([at, 404]);
  }
  expect(await statusOf('/jobs', { method: 'POST' })).toBe(405);
});

test('a file is asked for once, zipped for who takes it, and a page for nothing but what came with it', async () => {
  const first = await fetch(`${url}/`);
  const policy = first.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const [, script] = /src="(\/assets\/[^"]+\.js)"/.exec(await first.text())!;
  const tag = first.headers.get('etag')!;
  expect((await fetch(`${url}/`, { headers: { 'if-none-match': tag } })).status).toBe(304);
  const plain = await new Promise<{ encoding: string | undefined; body: string }>((resolve, reject) => {
    request(`${url}${script}`, (response) => {
      text(response).then(
        (body) => resolve({ encoding: response.headers['content-encoding'], body }),
        reject,
      );
    }).end();
  });
  expect(plain.encoding).toBeUndefined();
  const zipped = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'gzip' } });
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  expect(await zipped.text()).toBe(plain.body);
});

test('what lies behind digests is told where a store gives it, and checked against them', async () => {
  const { job } = await world.service.query<{ job: Record<string, unknown> }>(
    `query ($id: Bytes32!) { job(id: $id) { publicInputs { tensor values } revealedOutputs { tensor values }
       model { manifest { name } slices { circuit { setup } } } } }`,
    { id: world.shown },
  );
  expect(job).toEqual({
    publicInputs: [{ tensor: 0, values: Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 255 : 0)) }],
    revealedOutputs: [{ tensor: 4, values: Array.from({ length: 14 }, (_, i) => (i === 3 ? 90 : 0 - i)) }],
    model: {
      manifest: { name: HOSTILE_NAME },
      slices: [
        { circuit: { setup: 'DEVELOPMENT' } },
        { circuit: { setup: 'CEREMONY' } },
        { circuit: { setup: 'CEREMONY' } },
        { circuit: null },
      ],
    },
  });
  const [hidden] = world.jobs;
  expect(
    await world.service.query(
      'query ($id: Bytes32!) { job(id: $id) { publicInputs { tensor } revealedOutputs { tensor } } }',
      { id: hidden },
    ),
  ).toEqual({ job: { publicInputs: null, revealedOutputs: null } });
  expect(
    await world.service.query('{ meta { chainId market asset { symbol decimals } block { number } state } }'),
  ).toMatchObject({
    meta: {
      chainId: 31337,
      market: world.market.deployment.addresses.market.toLowerCase(),
      asset: { symbol: 'TSLICE', decimals: 18 },
    },
  });
});

interface Shown {
  readonly at: string;
  /** What stands on it once it is there. */
  readonly says: RegExp;
}

/** Every kind of page, and lists' pages of each state. */
function pages(): readonly Shown[] {
  const { jobs, shown, settlement, market } = world;
  const [finalized, expired, cancelled, , lapsed, , challenged] = jobs;
  return [
    { at: '/', says: /Do the books balance\?[^]*✓ holds[^]*Gas a proof/ },
    { at: '/jobs', says: /traced[^]*posted|posted[^]*traced/ },
    { at: '/jobs?state=claimed', says: /No job is claimed/ },
    { at: `/jobs/${shown}`, says: /digit 3[^]*By when[^]*can be expired[^]*Who was paid what/ },
    { at: `/jobs/${finalized}`, says: /finalized[^]*ended[^]*slice paid/ },
    { at: `/jobs/${expired}`, says: /expired[^]*collateral slashed/ },
    { at: `/jobs/${cancelled}`, says: /cancelled|expired/ },
    { at: `/jobs/${lapsed}`, says: /posted[^]*bond forfeited/ },
    { at: `/jobs/${challenged}`, says: /challenged/ },
    { at: `/jobs/0x${'0'.repeat(64)}`, says: /no job of this id/ },
    { at: `/accounts/${market.address.alice}`, says: /prover of[^]*Slashes[^]*Balance after/ },
    { at: `/accounts/${market.address.requester}`, says: /requester of[^]*Jobs it asked for/ },
    { at: `/accounts/${market.address.settler}`, says: /settler of/ },
    { at: `/accounts/0x${'1'.repeat(40)}`, says: /never moved anything/ },
    { at: '/provers', says: /Success[^]*Trace to proof/ },
    { at: '/models', says: /development keys/ },
    { at: `/models/${market.modelId}`, says: /can forge proofs[^]*97\.0 %[^]*executed only/ },
    { at: '/circuits', says: /another contract[^]*ceremony, as claimed[^]*development keys/ },
    { at: '/circuits/1', says: /can forge proofs[^]*were paid/ },
    { at: '/bidding', says: /first bid[^]*Executions[^]*now/ },
    { at: '/settlements', says: /Proofs in a batch/ },
    { at: `/settlements/${settlement}`, says: /Proofs in this batch/ },
    { at: '/search?q=nothing', says: /Nothing in this market is called nothing/ },
  ];
}

describe.skipIf(chromium === undefined)('in Chromium (skipped where there is none)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await browsers.launch({
      executablePath: chromium!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      timeout: 0,
    });
  });
  afterAll(() => browser.close());

  /** A page with all that goes wrong on it. */
  async function open(
    at: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; faults: string[]; close: () => Promise<void> }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    const faults: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('dialog', (dialog) => {
      faults.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (asked) => {
      if (new URL(asked.url()).origin !== new URL(url).origin) faults.push(`asked ${asked.url()}`);
    });
    await page.goto(`${url}${at}`, { waitUntil: 'commit' });
    return { page, faults, close: () => context.close() };
  }

  /** The page's words once none of it is still asked for. */
  async function settled(page: Page): Promise<string> {
    await page.locator('main h1').waitFor();
    await until(async () => (await page.locator('main [role=status]').count()) === 0);
    return page.locator('main').innerText();
  }

  test('each page says what it should, fits 360 pixels, is read by a screen reader, and has no fault', async () => {
    const wrong: string[] = [];
    for (const [i, { at, says }] of pages().entries()) {
      const { page, faults, close } = await open(at, {
        viewport: { width: 360, height: 780 },
        // axe is put into the page from outside; the policy itself is looked at by the next test.
        bypassCSP: true,
        colorScheme: i % 2 === 0 ? 'dark' : 'light',
      });
      await until(async () => says.test(await settled(page)));
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      if (width > 360) wrong.push(`${at} is ${width} wide`);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      for (const { id, impact, nodes } of violations) {
        if (impact !== 'serious' && impact !== 'critical') continue;
        wrong.push(`${at} ${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' ')}`);
      }
      wrong.push(...faults.map((fault) => `${at} ${fault}`));
      await close();
    }
    expect(wrong).toEqual([]);
  });

  test('what somebody else named is text, under the policy that it is served with', async () => {
    const { page, faults, close } = await open(`/models/${world.market.modelId}`);
    await until(async () => (await settled(page)).includes(HOSTILE_NAME));
    expect(await page.title()).toMatch(/^Model .* · sliceproof$/);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });

  test('the box finds what has a key, and leads nowhere else', async () => {
    const { page, faults, close } = await open('/');
    const search = async (words: string): Promise<void> => {
      await page.getByRole('searchbox').fill(words);
      await page.getByRole('searchbox').press('Enter');
    };
    const { jobs, market, settlement } = world;
    const found: readonly (readonly [string, string])[] = [
      [jobs[0], `/jobs/${jobs[0]}`],
      [`${jobs[0]}:1`, `/jobs/${jobs[0]}`],
      [market.modelId, `/models/${market.modelId}`],
      [market.address.bob.toUpperCase().replace('0X', '0x'), `/accounts/${market.address.bob}`],
      [settlement, `/settlements/${settlement}`],
      ['1', '/circuits/1'],
    ];
    for (const [words, leads] of found) {
      await search(words);
      await until(() => new URL(page.url()).pathname === leads);
    }
    for (const words of [
      'https://evil.example/',
      '//evil.example',
      '\\\\evil.example',
      'javascript:alert(1)',
    ]) {
      await search(words);
      await until(async () => (await settled(page)).includes(`Nothing in this market is called ${words}`));
      expect(new URL(page.url()).origin).toBe(new URL(url).origin);
    }
    expect(faults).toEqual([]);
    await close();
  });

  test('a table sorts at the press of a key, and says how', async () => {
    const { page, close } = await open('/provers');
    await settled(page);
    const head = page.getByRole('columnheader', { name: 'Proofs' });
    await head.getByRole('button').focus();
    const proofs = async (): Promise<readonly number[]> =>
      (await page.locator('tbody td:nth-child(3)').allInnerTexts()).map(Number);
    await page.keyboard.press('Enter');
    await until(async () => (await head.getAttribute('aria-sort')) === 'descending');
    expect(await proofs()).toEqual((await proofs()).toSorted((a, b) => b - a));
    await page.keyboard.press('Enter');
    await until(async () => (await head.getAttribute('aria-sort')) === 'ascending');
    expect(await proofs()).toEqual((await proofs()).toSorted((a, b) => a - b));
    await close();
  });

  test('it says when the indexer is away, and goes on when it is back', async () => {
    const { page, close } = await open('/jobs');
    await settled(page);
    await page.route('**/graphql', (route) => route.abort());
    await page.getByRole('link', { name: 'Provers' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('UNREACHABLE');
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await until(async () => (await settled(page)).includes('Success'));
    await close();
  });

  test('a job that is posted while somebody looks on is there without a reload', async () => {
    const { page, close } = await open('/jobs');
    await settled(page);
    const jobId = await world.market.post();
    await page.locator(`a[href="/jobs/${jobId}"]`).waitFor();
    await close();
  });
});
