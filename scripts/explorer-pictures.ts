// node bin/with-node.js --dev scripts/explorer-pictures.ts URL: docs/explorer/*.webp, the explorer's pages of a market that runs,
// e.g. of `npm run demo -- --keep`. Needs Debian's chromium.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium as browsers, type Browser } from 'playwright-core';
import { ConfigError } from '../protocol/errors.ts';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';

const target = path.join(path.dirname(import.meta.dirname), 'docs', 'explorer');
const WIDTH = 1200;
const TALLEST = 1800;

interface Shown {
  readonly name: string;
  readonly at: string;
  readonly colorScheme: 'light' | 'dark';
  readonly width?: number;
}

interface Keys {
  readonly jobs: { readonly nodes: readonly { readonly id: string }[] };
  readonly models: { readonly nodes: readonly { readonly id: string }[] };
  readonly provers: { readonly nodes: readonly { readonly id: string }[] };
}

/** What there is to show, by the API. @throws ConfigError EXPLORER_EMPTY */
async function readKeys(url: string): Promise<readonly Shown[]> {
  const query =
    '{ jobs(first: 1) { nodes { id } } models(first: 1) { nodes { id } } provers(first: 1) { nodes { id } } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data } = (await response.json()) as { data: Keys };
  const [job, model, prover] = [data.jobs, data.models, data.provers].map(({ nodes }) => nodes[0]?.id);
  if (job === undefined || model === undefined || prover === undefined) {
    throw new ConfigError('EXPLORER_EMPTY', `nothing has happened in the market of ${url}`, {
      hint: 'Leave the demo running with `npm run demo -- --keep`, and give the address that it prints first.',
    });
  }
  return [
    { name: 'overview', at: '/', colorScheme: 'light' },
    { name: 'job', at: `/jobs/${job}`, colorScheme: 'light' },
    { name: 'account', at: `/accounts/${prover}`, colorScheme: 'light' },
    { name: 'provers', at: '/provers', colorScheme: 'dark' },
    { name: 'model', at: `/models/${model}`, colorScheme: 'light' },
    { name: 'bidding', at: '/bidding', colorScheme: 'dark' },
    { name: 'settlements', at: '/settlements', colorScheme: 'light' },
    { name: 'narrow', at: `/jobs/${job}`, colorScheme: 'dark', width: 360 },
  ];
}

async function take(
  browser: Browser,
  url: string,
  { name, at, colorScheme, width = WIDTH }: Shown,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  await page.goto(url + at, { waitUntil: 'commit' });
  await page.locator('main h1').waitFor();
  await page.locator('.pulse .block').waitFor({ state: 'attached' });
  await page.locator('main [role=status]').first().waitFor({ state: 'detached' });
  const png = await page.screenshot({ fullPage: true });
  // A page of no policy turns it into what is a third as large.
  const blank = await context.newPage();
  const webp = await blank.evaluate<string>(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, Math.min(image.height, ${TALLEST})];
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.7);
  })()`);
  writeFileSync(path.join(target, `${name}.webp`), Buffer.from(webp.split(',')[1], 'base64'));
  await context.close();
}

try {
  const [url] = process.argv.slice(2);
  if (url === undefined) throw new ConfigError('EXPLORER_ADDRESS', 'the address of an indexer is wanted');
  mkdirSync(target, { recursive: true });
  const shown = await readKeys(url.replace(/\/+$/, ''));
  const browser = await browsers.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  for (const one of shown) await take(browser, url.replace(/\/+$/, ''), one);
  await browser.close();
} catch (error) {
  process.stderr.write(describeError(error));
  process.exitCode = exitCodeOf(error);
}
