import { expect } from 'chai';
import { ISliceMarket__factory, WrappedCoin__factory } from '../../../protocol/contracts/generated/index.ts';
import { deploy } from '../../../scripts/deploy.ts';
import { ethers } from '../support/chain.ts';
import { world } from '../support/world.ts';

const NO_PERMIT = [0, 27, ethers.ZeroHash, ethers.ZeroHash] as const;

describe('attack: permits that nobody gave', () => {
  it('of a token that answers everything, as WETH9 does, move nothing of a wallet that approved the market', async () => {
    const [owner, victim, attacker] = await ethers.getSigners();
    const coin = await new WrappedCoin__factory(owner).deploy();
    const { addresses } = await deploy({ signer: owner, asset: await coin.getAddress() });
    const market = ISliceMarket__factory.connect(addresses.market, owner);
    await coin.connect(victim).deposit({ value: 50n });
    await coin.connect(victim).approve(addresses.market, ethers.MaxUint256);
    await market.connect(victim).deposit(victim, 1n);
    // The token takes it for a permit.
    await victim.sendTransaction({
      to: coin,
      data: new ethers.Interface([
        'function permit(address,address,uint256,uint256,uint8,bytes32,bytes32)',
      ]).encodeFunctionData('permit', [victim.address, addresses.market, 49n, ...NO_PERMIT]),
    });
    await expect(market.connect(attacker).depositWithPermit(victim.address, 49n, ...NO_PERMIT))
      .to.be.revertedWithCustomError(market, 'PermitRefused')
      .withArgs(victim.address);
    expect(await coin.balanceOf(victim.address)).to.equal(49n);
  });

  it('give the key of an operator nothing of the wallet of its account', async () => {
    const [owner, victim, hot] = await ethers.getSigners();
    const coin = await new WrappedCoin__factory(owner).deploy();
    const { addresses } = await deploy({ signer: owner, asset: await coin.getAddress() });
    const market = ISliceMarket__factory.connect(addresses.market, owner);
    await coin.connect(victim).deposit({ value: 50n });
    await coin.connect(victim).approve(addresses.market, ethers.MaxUint256);
    await market.connect(victim).setOperator(hot.address, 2n ** 100n, 2n ** 100n);
    await expect(
      market.connect(hot).depositWithPermit(victim.address, 50n, ...NO_PERMIT),
    ).to.be.revertedWithCustomError(market, 'PermitRefused');
    expect(await coin.balanceOf(victim.address)).to.equal(50n);
    expect(await market.accountOf(victim.address)).to.deep.equal([0n, 0n]);
  });

  it("don't turn an allowance of just the amount into a deposit of the account that gave it", async () => {
    const w = await world();
    // Bob is about to deposit for Alice.
    await w.token.connect(w.bob).approve(w.addresses.market, 7n);
    await expect(
      w.market.connect(w.outsider).depositWithPermit(w.bob.address, 7n, ...NO_PERMIT),
    ).to.be.revertedWithCustomError(w.market, 'PermitRefused');
    await expect(w.market.connect(w.bob).deposit(w.alice.address, 7n)).to.emit(w.market, 'Deposited');
  });
});
