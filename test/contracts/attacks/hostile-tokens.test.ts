import { expect } from 'chai';
import { ISliceMarket__factory, MarketLedger__factory } from '../../../protocol/contracts/generated/index.ts';
import { deploy } from '../../../scripts/deploy.ts';
import { ethers } from '../support/chain.ts';
import { BURN } from '../support/world.ts';

const START = 100n * 10n ** 18n;

async function hostile(name: string) {
  const [owner] = await ethers.getSigners();
  const token = await ethers.deployContract(name);
  const w = await createHostileWorld(await token.getAddress());
  await token.getFunction('mint')(owner.address, START);
  await (token.connect(owner) as typeof token).getFunction('approve')(w.marketAddress, ethers.MaxUint256);
  return { ...w, token, owner };
}

async function createHostileWorld(asset: string) {
  const [owner] = await ethers.getSigners();
  const { addresses } = await deploy({ signer: owner, asset });
  return {
    market: ISliceMarket__factory.connect(addresses.market, owner),
    // With the errors of what it is made of.
    ledger: MarketLedger__factory.connect(addresses.market, owner),
    marketAddress: addresses.market,
  };
}

describe('attack: an asset that takes fees, answers false, calls back or refuses to burn', () => {
  it('refuses a token that keeps a part of what is transferred', async () => {
    const { market, token, owner } = await hostile('FeeToken');
    await expect(market.deposit(owner, 1000n))
      .to.be.revertedWithCustomError(market, 'TransferAmountMismatch')
      .withArgs(990, 1000);
    expect(await token.getFunction('balanceOf')(await market.getAddress())).to.equal(0);
    expect(await market.accountOf(owner.address)).to.deep.equal([0n, 0n]);
  });

  it('books nothing that a token did not move, in or out: it answers false, or reverts', async () => {
    const { market, ledger, marketAddress, token, owner } = await hostile('FailingToken');
    await market.deposit(owner, 1000n);
    await market.deposit(BURN, 5n);
    for (const [mood, error, by] of [
      // Of the ledger's code.
      [1, 'SafeERC20FailedOperation', ledger],
      [2, 'TransferRefused', token],
    ] as const) {
      await token.getFunction('fail')(mood);
      for (const move of [
        () => market.deposit(owner, 10n),
        () => market.deposit(BURN, 10n),
        () => market.withdraw(10n, owner.address, false),
        () => market.pushBurned(),
      ]) {
        await expect(move()).to.be.revertedWithCustomError(by, error);
      }
      expect(await market.accountOf(owner.address)).to.deep.equal([1000n, 0n]);
      expect(await market.accountOf(BURN)).to.deep.equal([5n, 0n]);
      expect(await token.getFunction('balanceOf')(marketAddress)).to.equal(1005n);
    }
    // What it moves again is there.
    await token.getFunction('fail')(0);
    await market.withdraw(1000n, owner.address, false);
    expect(await token.getFunction('balanceOf')(owner.address)).to.equal(START - 5n);
  });

  it('does not let a token come back in while it is transferred', async () => {
    const { market, ledger, token, owner } = await hostile('ReentrantToken');
    await market.deposit(owner, 1000n);
    for (const call of [
      market.interface.encodeFunctionData('deposit', [owner.address, 1]),
      market.interface.encodeFunctionData('deposit', [BURN, 1]),
      market.interface.encodeFunctionData('withdraw', [1, owner.address, false]),
      market.interface.encodeFunctionData('pushBurned'),
    ]) {
      await token.getFunction('arm')(await market.getAddress(), call);
      for (const move of [
        () => market.withdraw(10n, owner.address, false),
        () => market.deposit(owner, 10n),
      ]) {
        await expect(move()).to.be.revertedWithCustomError(ledger, 'ReentrancyGuardReentrantCall');
      }
    }
    expect(await market.accountOf(owner.address)).to.deep.equal([1000n, 0n]);
    expect(await token.getFunction('balanceOf')(await market.getAddress())).to.equal(1000n);
  });

  it('goes on when the token refuses to burn: only the push fails', async () => {
    const { market, token } = await hostile('UnburnableToken');
    await market.deposit(BURN, 5n);
    await expect(market.pushBurned()).to.be.revertedWithCustomError(token, 'BurnRefused');
    expect(await market.accountOf(BURN)).to.deep.equal([5n, 0n]);
  });
});
