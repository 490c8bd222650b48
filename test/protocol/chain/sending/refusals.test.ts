import { describe, expect, test } from 'vitest';
import { sendInParts } from '../../../../protocol/chain/sending/in-parts.ts';
import { tooMuchGas } from '../../../../protocol/chain/sending/limits.ts';
import { classifyRefusal, type Refusal } from '../../../../protocol/chain/sending/refusals.ts';
import { classifyRpcFault } from '../../../../protocol/chain/transport/faults.ts';

/** What pools say: geth, anvil, Nethermind, Erigon, Besu, hardhat and services before them. */
const SAID: readonly (readonly [string, Refusal])[] = [
  ['already known', 'known'],
  ['transaction already imported', 'known'],
  ['AlreadyKnown', 'known'],
  ['known transaction: 0xab', 'known'],
  ['INTERNAL_ERROR: existing tx with same hash', 'known'],
  ['tx already in mempool', 'known'],
  ['transaction already in cache', 'known'],
  ['nonce too low', 'nonce-used'],
  ['nonce too low: next nonce 7, tx nonce 6', 'nonce-used'],
  ['OldNonce, Current nonce: 7, nonce of rejected tx: 6', 'nonce-used'],
  ['nonce has already been used', 'nonce-used'],
  ['replacement transaction underpriced', 'occupied'],
  ['could not replace existing tx', 'occupied'],
  ['max fee per gas less than block base fee: address 0xab, maxFeePerGas: 1, baseFee: 7', 'too-cheap'],
  ['transaction underpriced', 'too-cheap'],
  ['transaction underpriced: gas tip cap 0, minimum needed 1', 'too-cheap'],
  ['FeeTooLow, FeePerGas needs to be higher', 'too-cheap'],
  ['insufficient funds for gas * price + value: balance 0, tx cost 1', 'no-coins'],
  ['Insufficient funds for gas * price + value', 'no-coins'],
  ['InsufficientFunds, Balance is 0', 'no-coins'],
  ['Upfront cost exceeds account balance', 'no-coins'],
  ['transaction would cause overdraft', 'no-coins'],
  ['intrinsic gas too low: gas 1000, minimum needed 21000', 'gas'],
  ['intrinsic gas too high -- tx.gas_limit > env.cfg.tx_gas_limit_cap', 'gas'],
  ['exceeds block gas limit', 'gas'],
  ['transaction gas limit too high (cap: 16777216, tx: 20000000)', 'gas'],
  ['oversized data: transaction size 140000, limit 131072', 'too-large'],
  ['txpool is full', 'no-room'],
  ['NonceGap, Future nonce. Expected nonce: 5', 'no-room'],
  ['in-flight transaction limit reached for delegated accounts', 'no-room'],
  ['future transaction tries to replace pending', 'no-room'],
  ['invalid chain id for signer', 'other'],
];

describe('what a pool says of a transaction', () => {
  test.each(SAID)('%s: %s', (message, refusal) => {
    expect(classifyRefusal({ info: { error: { code: -32000, message } } })).toBe(refusal);
    // As ethers has it for methods that it knows nothing special of.
    expect(classifyRefusal({ error: { code: -32000, message }, message: 'could not coalesce' })).toBe(
      refusal,
    );
  });

  test.each(SAID.filter(([, refusal]) => refusal !== 'other'))(
    '%s is no fault of the way there',
    (message) => {
      expect(classifyRpcFault({ code: -32000, message })).toBe('transaction');
    },
  );
});

describe('work in parts', () => {
  const send = async (most: number, count: number): Promise<number[]> => {
    const parts: number[] = [];
    await sendInParts(
      Array.from({ length: count }, (_, i) => i),
      (part) => {
        if (part.length > most) return Promise.reject(tooMuchGas('settle', 'so much', 1n));
        parts.push(part.length);
        return Promise.resolve();
      },
    );
    return parts;
  };

  test.each([
    [256, 256, [256]],
    [200, 256, [128, 128]],
    [3, 7, [2, 2, 3]],
  ])('at most %i of %i: %j', async (most, count, parts) => expect(await send(most, count)).toEqual(parts));

  test('what is too much by itself is named', async () => {
    await expect(send(0, 4)).rejects.toMatchObject({ code: 'CHAIN_GAS_LIMIT' });
  });

  test('any other failure is not tried in parts', async () => {
    let tries = 0;
    const failing = sendInParts([1, 2], () => Promise.reject(new Error(`away ${++tries}`)));
    await expect(failing).rejects.toThrow('away 1');
  });
});
