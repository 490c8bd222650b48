import { getAddress } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveSettings } from '../../protocol/config.ts';
import { examineLists } from '../../prover-node/doctor/lists.ts';
import { startNode } from '../../prover-node/node.ts';
import { nodeSettings, type NodeSettings } from '../../prover-node/settings.ts';
import { asksForPublisher, listsOf, whyNotListed } from '../../prover-node/stake/lists.ts';
import { explainJob } from '../../prover-node/status/explain.ts';
import { until } from '../support/until.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

const MODEL = `0x${'ab'.repeat(32)}`;
const OTHER_MODEL = `0x${'cd'.repeat(32)}`;
const ALICE = getAddress(`0x${'a1'.repeat(20)}`);
const BOB = getAddress(`0x${'b0'.repeat(20)}`);

const settings = (flags: Readonly<Record<string, string>>): NodeSettings =>
  resolveSettings(nodeSettings, { service: 'node', flags }).values;

describe('lists of whom a node works for', () => {
  test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['nobody is named', {}, undefined],
    ['others are denied', { denyModels: OTHER_MODEL, denyPublishers: BOB, denyRequesters: ALICE }, undefined],
    ['they are allowed', { allowModels: MODEL, allowPublishers: ALICE, allowRequesters: BOB }, undefined],
    ['they are among the allowed', { allowRequesters: `${ALICE},${BOB}` }, undefined],
    ['the model is denied', { denyModels: MODEL }, 'MODEL_DENIED'],
    ['another model is allowed', { allowModels: OTHER_MODEL }, 'MODEL_DENIED'],
    ['the publisher is denied', { denyPublishers: ALICE }, 'PUBLISHER_DENIED'],
    ['another publisher is allowed', { allowPublishers: BOB }, 'PUBLISHER_DENIED'],
    ['the requester is denied', { denyRequesters: BOB }, 'REQUESTER_DENIED'],
    ['another requester is allowed', { allowRequesters: ALICE }, 'REQUESTER_DENIED'],
    ['both is said: it is denied', { allowRequesters: BOB, denyRequesters: BOB }, 'REQUESTER_DENIED'],
    [
      'it is allowed by its model, not by who asks',
      { allowModels: MODEL, denyRequesters: BOB },
      'REQUESTER_DENIED',
    ],
  ])('%s', (_, flags, code) => {
    // However the digits are spelled, here and on the chain.
    for (const spelled of [String, (text: string) => text.toLowerCase()]) {
      const written = Object.fromEntries(Object.entries(flags).map(([key, text]) => [key, spelled(text)]));
      const job = { modelId: MODEL, requester: BOB, publisher: ALICE };
      const reason = whyNotListed(job, listsOf(settings(written)));
      expect(reason?.code).toBe(code);
      if (!reason) continue;
      const [setting] = Object.keys(written).filter((key) => reason.say(String).includes(kebab(key)));
      expect(setting, reason.say(String)).toBeDefined();
    }
  });

  test('a contract of others that says who may take part has to be allowed', () => {
    const job = { modelId: MODEL, requester: BOB, publisher: ALICE, foreignHook: ALICE };
    const whyNot = (flags: Readonly<Record<string, string>>) =>
      whyNotListed(job, listsOf(settings(flags)))?.code;
    expect(whyNot({})).toBe('HOOK_NOT_ALLOWED');
    expect(whyNot({ allowHooks: BOB })).toBe('HOOK_NOT_ALLOWED');
    expect(whyNot({ allowHooks: `${BOB},${ALICE.toLowerCase()}` })).toBeUndefined();
    expect(whyNot({ allowHooks: ALICE, denyRequesters: BOB })).toBe('REQUESTER_DENIED');
    expect(whyNotListed({ ...job, foreignHook: undefined }, listsOf(settings({})))).toBeUndefined();
  });

  test('the publisher is asked for only where a list names one', () => {
    expect(asksForPublisher(listsOf(settings({ denyModels: MODEL, denyRequesters: BOB })))).toBe(false);
    for (const key of ['allowPublishers', 'denyPublishers']) {
      expect(asksForPublisher(listsOf(settings({ [key]: BOB })))).toBe(true);
    }
  });
});

describe('what can’t be an address or an id', () => {
  test.each<[string, string, RegExp]>([
    ['denyRequesters', MODEL, /has 64, as a model’s id has/],
    ['denyModels', BOB, /has 40, as an address has/],
    ['denyRequesters', BOB.slice(2), /did you mean 0xb0b0b0/i],
    ['denyRequesters', BOB.replace('0x', '0X'), /did you mean 0xb0b0b0/i],
    ['denyRequesters', BOB.slice(0, -1), /40 hexadecimal digits; 0x\w+ has 39/],
    ['allowModels', MODEL.slice(0, -2), /64 hexadecimal digits; 0x\w+ has 62/],
    ['denyPublishers', BOB.replace(/0/g, 'O').replace('Ox', '0x'), /“O” in 0x\w+ is none/i],
    ['denyPublishers', 'bob.eth', /names like bob.eth are not looked up/],
    ['denyPublishers', `0x${'00'.repeat(20)}`, /zero is nobody’s/],
    ['allowPublishers', `${ALICE},`, /not nothing/],
    ['account', MODEL, /has 64/],
    ['models', BOB, /has 40/],
  ])('%s = %s', (key, value, said) => {
    expect(() => settings({ [key]: value })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(said) as string }),
    );
  });

  test('an address with a wrong digit is seen by its capitals, whatever list it is in', () => {
    // The last digit of another address: the checksum is the first one's.
    const wrong = `${BOB.slice(0, -1)}${BOB.endsWith('1') ? '2' : '1'}`;
    expect(wrong).toMatch(/[A-F]/);
    for (const key of ['allowPublishers', 'denyPublishers', 'allowRequesters', 'denyRequesters']) {
      const error = {
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(kebab(key)) as string,
        hint: expect.stringContaining(getAddress(wrong.toLowerCase())) as string,
      };
      expect(() => listsOf(settings({ [key]: `${ALICE},${wrong}` }))).toThrow(expect.objectContaining(error));
    }
  });
});

test('the doctor says whom the lists name, and of a model that is made ready for nobody', () => {
  expect(examineLists(settings({}))).toEqual({ what: 'for whom', state: 'ok', found: 'everybody' });
  const named = settings({ models: MODEL, allowModels: MODEL, denyRequesters: `${ALICE},${BOB}` });
  expect(examineLists(named)).toMatchObject({
    state: 'ok',
    found: '1 in allow-models, 2 in deny-requesters',
  });
  const idle = examineLists(settings({ models: MODEL, denyModels: MODEL }));
  expect(idle).toMatchObject({ state: 'look', found: expect.stringContaining(MODEL) as string });
});

describe('a node with lists', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.close());

  test('leaves a denied requester’s job, fetches nothing of it, says why everywhere, and takes another’s', async () => {
    const { log, lines } = listeningLog();
    const requester = await world.chain.signer(1).getAddress();
    const publisher = world.model.model.publisher;
    const flags = { statusPort: 0, allowPublishers: [publisher], denyRequesters: [requester] };
    const node = await startNode({
      settings: world.settings('picky', flags),
      privateKey: world.chain.keys[2],
      log,
    });
    try {
      const jobId = await world.post(1);
      const report = await until(async () => {
        const status = (await (await fetch(`${node.url}/status`)).json()) as Status;
        return status.jobs.find((job) => job.jobId === jobId)?.execution ? status : undefined;
      });
      const [{ execution, slices }] = report.jobs;
      expect(execution).toMatchObject({
        code: 'REQUESTER_DENIED',
        text: expect.stringContaining(requester) as string,
      });
      expect(slices.map(({ code }) => code)).toEqual(['REQUESTER_DENIED', 'REQUESTER_DENIED']);
      expect(report.models).toEqual([]);
      const metrics = await (await fetch(`${node.url}/metrics`)).text();
      expect(metrics).toMatch(/^sliceproof_node_refusals_total\{reason="REQUESTER_DENIED"\} 3$/m);
      expect(lines.filter(({ code }) => code === 'REQUESTER_DENIED')).toHaveLength(2);
      const { dataDir } = world.settings('picky');
      await until(async () => {
        const told = await explainJob({ dataDir }, jobId).catch(() => undefined);
        return told && told.decisions.length > 0 ? told : undefined;
      });
      const another = await world.clientOf(4);
      const other = await world.post(2, {}, another);
      another.close();
      await until(async () => (await world.client.contracts.market.jobOf(other)).executor === node.account);
      expect((await world.client.contracts.market.jobOf(jobId)).executor).not.toBe(node.account);
    } finally {
      await node.stop();
    }
  });

  test('brings what it executes and holds to its end when its requester is denied meanwhile', async () => {
    const { market } = world.client.contracts;
    const started = (more: Readonly<Record<string, unknown>>) =>
      startNode({
        settings: world.settings('turning', more),
        privateKey: world.chain.keys[3],
        log: listeningLog().log,
      });
    // Wins the slices of a job, and is gone before it has proved them.
    const before = await started({ aggregator: ['http://127.0.0.1:9'], settleMargin: 0 });
    const jobId = await world.post(3, { bidWindow: 60 });
    await until(async () => (await market.sliceOf(jobId, 1)).holder === before.account);
    await before.stop();
    const requester = await world.chain.signer(1).getAddress();
    const after = await started({ denyRequesters: [requester] });
    try {
      await world.chain.advance(60);
      await until(async () => Number((await market.jobOf(jobId)).settledCount) === 2);
    } finally {
      await after.stop();
    }
  });
});

interface Status {
  readonly models: readonly unknown[];
  readonly jobs: readonly {
    readonly jobId: string;
    readonly execution: { readonly code: string; readonly text: string } | null;
    readonly slices: readonly { readonly code: string }[];
  }[];
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
