import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { FunctionFragment } from 'ethers';
import { MarketLedger__factory, SliceMarket__factory } from '../../protocol/contracts/generated/index.ts';

const tests = path.join(import.meta.dirname, '..');

/** What a source says without its comments. */
function code(name: string): string {
  return readFileSync(path.join(tests, name), 'utf8').replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
}

// That each of these handlers goes through is a test of its own, in Solidity: test_everyCallGoesThrough.
describe('the histories in Solidity', () => {
  const handlers = [
    code('support/solidity/AccountCalls.sol'),
    code('support/solidity/MarketHandler.sol'),
  ].join('\n');
  const selectors = code('solidity/MarketInvariants.t.sol');

  it('call every entry point of the market that changes something', () => {
    // Who owns a market is OpenZeppelin's.
    const others = new Set(['transferOwnership', 'acceptOwnership', 'renounceOwnership']);
    const entries = [SliceMarket__factory, MarketLedger__factory].flatMap((factory) =>
      factory.createInterface().fragments.flatMap((one) => {
        if (!FunctionFragment.isFragment(one) || one.constant || others.has(one.name)) return [];
        return [one.name];
      }),
    );
    expect(entries).to.include.members(['post', 'settle', 'revealOutput', 'withdraw']);
    const missing = entries.filter(
      (name) =>
        // With coins or without.
        !(handlers.includes(`market.${name}(`) || handlers.includes(`market.${name}{`)) ||
        !selectors.includes(`.${name}.selector`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('take their calls from every handler', () => {
    const names = [...handlers.matchAll(/function (\w+)\([^)]*\) external/g)].map(([, name]) => name);
    expect(names).to.include.members(['donate', 'passTime', 'settle']);
    expect(names.filter((name) => !selectors.includes(`.${name}.selector`))).to.deep.equal([]);
  });
});
