import { toBeHex } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packSliceSpec } from '../../protocol/contracts/words.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { openMarket, type Market } from './support/market.ts';
import { startService, type TestService } from './support/service.ts';

const LARGEST = 2n ** 256n - 1n;

let anvil: Anvil;
let market: Market;
let service: TestService;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  service = await startService(anvil, market.deployment, undefined);
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

test('takes the largest model and job that the contracts take, with the largest numbers', async () => {
  const { models, market: contract } = market.as('alice');
  const tensors = Array.from(
    { length: 1024 },
    (_, i) => 0xffffffffn | (252n << 32n) | (i % 2 === 0 ? 0n : 1n << 40n),
  );
  // 768 inputs, then a chain of 255 provable slices and one that is executed.
  const slices = Array.from({ length: 256 }, (_, i) => {
    const inputs = [i === 0 ? 0 : 767 + i];
    const outputs = i < 255 ? [768 + i] : [1023];
    return packSliceSpec({ circuit: i < 255 ? 1 : 0, weight: i < 255 ? 0xffffffff : 0, inputs, outputs });
  });
  const outputs = Array.from({ length: 256 }, (_, i) => 768 + i);
  const args = [toBeHex(LARGEST, 32), tensors, 768, outputs, slices] as const;
  const modelId = await models.registerModel.staticCall(...unfrozen(args));
  await (await models.registerModel(...unfrozen(args))).wait();

  const commitment = toBeHex(
    21888242871839275222246405745257275088548364400416034343698204186575808495616n,
    32,
  );
  const request = await market.request({
    modelId,
    nonce: LARGEST,
    requester: market.address.alice,
    inputs: Array.from({ length: 768 }, () => commitment),
    inputDigest: toBeHex(LARGEST, 32),
    validUntil: 2n ** 40n - 1n,
  });
  await (await contract.post(request, '0x')).wait();
  await service.caughtUp();

  const { jobs } = await service.query<{ jobs: { nodes: Record<string, unknown>[] } }>(
    `{ jobs(first: 1) { nodes { nonce dueCount inputs inputDigest slices { index due }
         model { sliceCount provableCount tensors { index count bits signed } } } } }`,
  );
  expect(jobs.nodes[0]).toMatchObject({
    nonce: LARGEST.toString(),
    dueCount: 255,
    inputs: Array.from({ length: 768 }, () => commitment),
    inputDigest: toBeHex(LARGEST, 32),
    model: { sliceCount: 256, provableCount: 255 },
  });
  const slice = jobs.nodes[0].slices as readonly { readonly due: boolean }[];
  expect([slice.length, slice.filter(({ due }) => due).length]).toEqual([256, 255]);
  const { tensors: shown } = jobs.nodes[0].model as { readonly tensors: readonly unknown[] };
  expect(shown).toHaveLength(1024);
  expect(shown[1023]).toEqual({ index: 1023, count: '4294967295', bits: 252, signed: true });
});

test('keeps an event that no interface declares without making anything of it', async () => {
  const before = await service.query('{ totals { jobs bids settledSlices accounts } }');
  // Ownable's, from the market itself.
  const { market: contract } = market.as('owner');
  const transfer = await contract.runner?.sendTransaction?.({
    to: await contract.getAddress(),
    data: `0xf2fde38b${market.address.owner.slice(2).padStart(64, '0')}`,
  });
  await transfer?.wait();
  await service.caughtUp();
  expect(service.indexer.status().state).toBe('live');
  expect(await service.query('{ totals { jobs bids settledSlices accounts } }')).toEqual(before);
  const metrics = await (await fetch(`${service.indexer.url}/metrics`)).text();
  expect(metrics).toMatch(/events_total\{name="unknown"\} [1-9]/);
});

function unfrozen(
  args: readonly [string, readonly bigint[], number, readonly number[], readonly bigint[]],
): [string, bigint[], number, number[], bigint[]] {
  const [digest, tensors, inputs, outputs, slices] = args;
  return [digest, [...tensors], inputs, [...outputs], [...slices]];
}
