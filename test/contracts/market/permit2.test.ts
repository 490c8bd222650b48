import { expect } from 'chai';
import { PERMIT2 } from '../../../protocol/contracts/deposits.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { world, type World } from '../support/world.ts';

const START = 100n * 10n ** 18n;
const TYPES = {
  PermitTransferFrom: [
    { name: 'permitted', type: 'TokenPermissions' },
    { name: 'spender', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
  TokenPermissions: [
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint256' },
  ],
};

/** The world, with Permit2's transfers by signature where Permit2 is, and Alice's asset approved to it. */
async function prepared(): Promise<World> {
  const w = await world();
  const transfers = await ethers.deployContract('SignedTransfers');
  await networkHelpers.setCode(PERMIT2, await ethers.provider.getCode(transfers));
  await w.token.connect(w.alice).approve(w.addresses.market, 0n);
  await w.token.connect(w.alice).approve(PERMIT2, ethers.MaxUint256);
  return w;
}

/** Alice's leave for `spender` to take an amount. */
function signed(w: World, amount: bigint, nonce: bigint, deadline: bigint, spender = w.addresses.market) {
  return w.alice.signTypedData({ name: 'Permit2', chainId: w.chainId, verifyingContract: PERMIT2 }, TYPES, {
    permitted: { token: w.addresses.asset, amount },
    spender,
    nonce,
    deadline,
  });
}

describe('SliceMarket: deposits by Permit2', () => {
  it('take what the caller signed, once, with nonces in any order, together with a post', async () => {
    const w = await prepared();
    const market = w.market.connect(w.alice);
    for (const nonce of [7n, 3n]) {
      const signature = await signed(w, 10n, nonce, ethers.MaxUint256);
      await expect(market.depositWithPermit2(10n, nonce, ethers.MaxUint256, signature))
        .to.emit(w.market, 'Deposited')
        .withArgs(w.alice.address, w.alice.address, 10n);
      await expect(market.depositWithPermit2(10n, nonce, ethers.MaxUint256, signature)).to.revert(ethers);
    }
    expect(await w.balanceOf(w.alice)).to.equal(START + 20n);
    const abi = w.market.interface;
    const signature = await signed(w, 5n, 9n, ethers.MaxUint256);
    await market.multicall([
      abi.encodeFunctionData('depositWithPermit2', [5n, 9n, ethers.MaxUint256, signature]),
      abi.encodeFunctionData('post', [w.request({ requester: w.alice.address }), '0x']),
    ]);
    expect(await w.token.balanceOf(w.addresses.market)).to.equal(6n * START + 25n);
  });

  it('are of nobody but the caller, of just what was signed, for this market, in its time', async () => {
    const w = await prepared();
    const now = BigInt(await networkHelpers.time.latest());
    const signature = await signed(w, 10n, 1n, now + 100n);
    const elsewhere = await signed(w, 10n, 1n, now + 100n, w.bob.address);
    const alice = w.market.connect(w.alice);
    for (const call of [
      () => w.market.connect(w.bob).depositWithPermit2(10n, 1n, now + 100n, signature),
      () => alice.depositWithPermit2(11n, 1n, now + 100n, signature),
      () => alice.depositWithPermit2(9n, 1n, now + 100n, signature),
      () => alice.depositWithPermit2(10n, 2n, now + 100n, signature),
      () => alice.depositWithPermit2(10n, 1n, now + 101n, signature),
      () => alice.depositWithPermit2(10n, 1n, now + 100n, elsewhere),
      () => alice.depositWithPermit2(0n, 1n, now + 100n, signature),
    ]) {
      await expect(call()).to.revert(ethers);
    }
    expect(await w.token.balanceOf(w.addresses.market)).to.equal(6n * START);
    await w.at(now + 101n);
    await expect(alice.depositWithPermit2(10n, 1n, now + 100n, signature)).to.revert(ethers);
  });

  it('are refused where there is no Permit2, or none of it moves the asset', async () => {
    const w = await world();
    const signature = await signed(w, 10n, 1n, ethers.MaxUint256);
    const call = () => w.market.connect(w.alice).depositWithPermit2(10n, 1n, ethers.MaxUint256, signature);
    await networkHelpers.setCode(PERMIT2, '0x');
    await expect(call()).to.revert(ethers);
    // Something that takes every call and moves nothing.
    await networkHelpers.setCode(PERMIT2, '0x00');
    await expect(call()).to.be.revertedWithCustomError(w.market, 'TransferAmountMismatch').withArgs(0n, 10n);
  });
});
