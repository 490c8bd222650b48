import { expect } from 'chai';
import {
  ISliceMarket__factory,
  MarketLedger__factory,
  WrappedCoin__factory,
} from '../../../protocol/contracts/generated/index.ts';
import { deploy } from '../../../scripts/deploy.ts';
import { ethers, networkHelpers } from '../support/chain.ts';

/** The code of an account that, when it is sent coins, calls `target`, and hands on what that says. */
function callsBack(target: string, data: string): string {
  const size = ethers.dataLength(data);
  const code = (payloadAt: number): string =>
    ethers.concat([
      // The payload to memory, the call, its answer to memory.
      `0x61${hex(size)}61${hex(payloadAt)}5f39`,
      `0x5f5f61${hex(size)}5f5f73${target.slice(2)}5af1`,
      `0x3d5f5f3e`,
      // Over the revert when it went well.
      `0x61${hex(payloadAt - 2)}573d5ffd5b00`,
    ]);
  const length = ethers.dataLength(code(2));
  return ethers.concat([code(length), data]);
}

const hex = (value: number): string => value.toString(16).padStart(4, '0');

async function prepared() {
  const [owner, victim, attacker] = await ethers.getSigners();
  const coin = await new WrappedCoin__factory(owner).deploy();
  const { addresses } = await deploy({ signer: owner, asset: await coin.getAddress() });
  const market = ISliceMarket__factory.connect(addresses.market, owner);
  await market.connect(victim).deposit(victim, 1000n, { value: 1000n });
  await market.connect(attacker).deposit(attacker, 10n, { value: 10n });
  return { market, ledger: MarketLedger__factory.connect(addresses.market, owner), coin, victim, attacker };
}

describe('attack: coins', () => {
  it('let nobody in again who is sent some', async () => {
    const { market, ledger, coin, attacker } = await prepared();
    const to = ethers.Wallet.createRandom().address;
    const target = await market.getAddress();
    const abi = market.interface;
    for (const call of [
      abi.encodeFunctionData('withdraw', [1n, to, true]),
      abi.encodeFunctionData('withdraw', [1n, to, false]),
      abi.encodeFunctionData('deposit', [to, 1n]),
      abi.encodeFunctionData('pushBurned'),
      abi.encodeFunctionData('multicall', [[abi.encodeFunctionData('withdraw', [1n, to, true])]]),
    ]) {
      await networkHelpers.setCode(to, callsBack(target, call));
      await expect(market.connect(attacker).withdraw(5n, to, true)).to.be.revertedWithCustomError(
        ledger,
        'ReentrancyGuardReentrantCall',
      );
    }
    // What doesn't move the asset may be called.
    await networkHelpers.setCode(to, callsBack(target, abi.encodeFunctionData('cancelNonce', [1n])));
    await market.connect(attacker).withdraw(5n, to, true);
    expect(await coin.balanceOf(target)).to.equal(1005n);
    expect(await ethers.provider.getBalance(to)).to.equal(5n);
  });

  it('count once, however often a call is repeated with them', async () => {
    const { market, coin, attacker } = await prepared();
    const target = await market.getAddress();
    const deposit = market.interface.encodeFunctionData('deposit', [attacker.address, 7n]);
    // Calls in one transaction have none.
    const calls = market.interface.encodeFunctionData('multicall', [[deposit, deposit]]);
    await expect(attacker.sendTransaction({ to: target, data: calls, value: 7n })).to.revert(ethers);
    // Of somebody who has only coins, who allowed nothing.
    await coin.connect(attacker).approve(target, 0n);
    await expect(market.connect(attacker).multicall([deposit])).to.revert(ethers);
    for (const amount of [6n, 8n]) {
      await expect(market.connect(attacker).deposit(attacker, amount, { value: 7n }))
        .to.be.revertedWithCustomError(market, 'CoinsDiffer')
        .withArgs(7n, amount);
    }
    // Coins that were forced on the market are nobody's.
    await networkHelpers.setBalance(target, 500n);
    await market.connect(attacker).deposit(attacker, 7n, { value: 7n });
    expect(await market.accountOf(attacker.address)).to.deep.equal([17n, 0n]);
    await expect(market.connect(attacker).withdraw(18n, attacker.address, true))
      .to.be.revertedWithCustomError(market, 'InsufficientBalance')
      .withArgs(attacker.address, 17n, 18n);
    expect(await coin.balanceOf(target)).to.equal(1017n);
    expect(await ethers.provider.getBalance(target)).to.equal(500n);
  });

  it('can not be taken by one that refuses them, nor held up: it withdraws the asset', async () => {
    const { market, coin, attacker } = await prepared();
    const to = ethers.Wallet.createRandom().address;
    await networkHelpers.setCode(to, '0xfe');
    await expect(market.connect(attacker).withdraw(5n, to, true)).to.revert(ethers);
    expect(await market.accountOf(attacker.address)).to.deep.equal([10n, 0n]);
    await market.connect(attacker).withdraw(ethers.MaxUint256, to, false);
    expect(await coin.balanceOf(to)).to.equal(10n);
  });
});
