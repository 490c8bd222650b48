import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { receiptSchema, receiptsRoot, trieRoot, type Receipt } from '../../indexer/sync/receipts.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

/** A block of so many transactions, and their receipts. */
async function mineBlock(count: number): Promise<{ root: string; receipts: readonly Receipt[] }> {
  const { provider } = anvil;
  await provider.send('evm_setAutomine', [false]);
  const signer = await provider.getSigner(0);
  for (let i = 0; i < count; i++)
    await signer.sendUncheckedTransaction({ to: signer.address, value: i, type: 2 * (i % 2) });
  await anvil.mine(1);
  await provider.send('evm_setAutomine', [true]);
  const { hash, receiptsRoot: root } = (await provider.send('eth_getBlockByNumber', ['latest', false])) as {
    hash: string;
    receiptsRoot: string;
  };
  const receipts = z.array(receiptSchema).parse(await provider.send('eth_getBlockReceipts', [hash]));
  return { root, receipts };
}

test.each([1, 2, 16, 17, 130])(
  'the receipts of a block of %i transactions have the root of its header',
  async (count) => {
    const { root, receipts } = await mineBlock(count);
    expect(receipts).toHaveLength(count);
    expect(receiptsRoot(receipts)).toBe(root);
    const [first, ...rest] = receipts;
    expect(receiptsRoot(rest)).not.toBe(root);
    expect(receiptsRoot([{ ...first, cumulativeGasUsed: first.cumulativeGasUsed + 1n }, ...rest])).not.toBe(
      root,
    );
  },
);

test('no receipts have the root of nothing, and those of another chain’s own kind none that is known', async () => {
  expect(trieRoot([])).toBe('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
  const { receipts } = await mineBlock(1);
  expect(receiptsRoot([{ ...receipts[0], type: 0x7en }])).toBeUndefined();
});
