import { encodeRlp, hexlify, toBeArray, type RlpStructuredData } from 'ethers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { receiptSchema, receiptsRoot, trieRoot, type Receipt } from '../../indexer/sync/receipts.ts';
import { bytesOf, rlpBytes, rlpList } from '../../indexer/sync/rlp.ts';
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

test('values are encoded as ethers encodes them, whatever their length', () => {
  type Nested = string | readonly Nested[];
  const ours = (value: Nested): string =>
    typeof value === 'string' ? rlpBytes(value.slice(2)) : rlpList(value.map(ours));
  const { nested } = fc.letrec<{ nested: Nested; bytes: string }>((tie) => ({
    bytes: fc
      .oneof(
        fc.uint8Array({ maxLength: 2 }),
        fc.uint8Array({ maxLength: 70 }),
        fc.uint8Array({ minLength: 250, maxLength: 300 }),
      )
      .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    nested: fc.oneof({ depthSize: 'small' }, tie('bytes'), fc.array(tie('nested'), { maxLength: 6 })),
  }));
  fc.assert(fc.property(nested, (value) => `0x${ours(value)}` === encodeRlp(value as RlpStructuredData)));
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 70n), (value) => `0x${bytesOf(value)}` === hexlify(toBeArray(value))),
  );
  expect(bytesOf(0)).toBe('');
});
