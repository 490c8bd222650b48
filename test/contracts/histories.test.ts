import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { FunctionFragment } from 'ethers';
import { SliceMarket__factory } from '../../protocol/contracts/generated/index.ts';

const folder = path.join(import.meta.dirname, '..', 'solidity');

describe('the histories in Solidity', () => {
  it('call every entry point of the market that changes something', () => {
    const handlers = ['AccountCalls.sol', 'MarketHandler.sol']
      .map((name) => readFileSync(path.join(folder, name), 'utf8'))
      .join('\n');
    const selectors = readFileSync(path.join(folder, 'MarketInvariants.t.sol'), 'utf8');
    // Who owns a market is OpenZeppelin's.
    const others = new Set(['transferOwnership', 'acceptOwnership', 'renounceOwnership']);
    const entries = SliceMarket__factory.createInterface().fragments.flatMap((one) => {
      if (!FunctionFragment.isFragment(one) || one.constant || others.has(one.name)) return [];
      return [one.name];
    });
    expect(entries).to.include.members(['postSigned', 'settle', 'revealOutput']);
    const missing = entries.filter(
      (name) => !handlers.includes(`market.${name}(`) || !selectors.includes(`.${name}.selector`),
    );
    expect(missing).to.deep.equal([]);
  });
});
