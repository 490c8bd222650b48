import { expect } from 'chai';
import { JOB_REQUEST_TYPES } from '../../../protocol/contracts/signed-request.ts';
import { SigningWallet__factory } from '../../../protocol/contracts/generated/index.ts';
import { ethers } from '../support/chain.ts';
import { domainOf, sign, type Request } from '../support/signing.ts';
import { createWorld, PROOFS_ESCROW, TRACE_HASH, UNIT, world } from '../support/world.ts';
import type { World } from '../support/world.ts';

/** Everything that a signature of a request's requester could be replayed against. */
async function refused(w: World, request: Request, signature: string, market = w.market): Promise<void> {
  const before = await market.accountOf(request.requester);
  await expect(market.connect(w.outsider).post(request, signature))
    .to.be.revertedWithCustomError(market, 'InvalidSignature')
    .withArgs(request.requester);
  expect(await market.accountOf(request.requester)).to.deep.equal(before);
}

describe('attack: a signed request brought to where it was not signed for', () => {
  it('another chain, contract, version or name', async () => {
    const w = await world();
    const request = w.request();
    const other = await createWorld();
    for (const change of [
      { chainId: w.chainId + 1n },
      { verifyingContract: other.addresses.market },
      { version: '2' },
      { name: 'sliceproof' },
    ]) {
      await refused(w, request, await sign(w, request, w.requester, change));
    }
    // The same, the other way round: a signature for this market, in the other.
    await other.market
      .connect(w.outsider)
      .deposit(w.requester.address, 0)
      .catch(() => undefined);
    await refused(w, request, await sign(w, request), other.market);
    await w.market.post(request, await sign(w, request));
  });

  it('twice: the job exists, and its nonce is used up', async () => {
    const w = await world();
    const request = w.request();
    const signature = await sign(w, request);
    await w.market.connect(w.outsider).post(request, signature);
    const before = await w.balanceOf(w.requester);
    await expect(w.market.connect(w.outsider).post(request, signature))
      .to.be.revertedWithCustomError(w.market, 'NonceAlreadyUsed')
      .withArgs(w.requester.address, request.nonce);
    // Nor after the requester posted the very same by itself.
    const own = w.request();
    const late = await sign(w, own);
    await w.market.connect(w.requester).post(own, '0x');
    await expect(w.market.connect(w.outsider).post(own, late)).to.be.revertedWithCustomError(
      w.market,
      'JobAlreadyPosted',
    );
    expect(before - (await w.balanceOf(w.requester))).to.equal(PROOFS_ESCROW + 10n * UNIT);
  });

  it('after its time, or when the requester cancelled it', async () => {
    const w = await world();
    const { timestamp } = (await ethers.provider.getBlock('latest')) ?? { timestamp: 0 };
    const old = w.request({ validUntil: timestamp + 10 });
    const signature = await sign(w, old);
    await w.at(timestamp + 11);
    await expect(w.market.post(old, signature))
      .to.be.revertedWithCustomError(w.market, 'RequestOutdated')
      .withArgs(timestamp + 10, timestamp + 11);
  });
});

describe('attack: signatures of another kind or another role', () => {
  it('a permit of the asset, a plain message over the digest, and a compact or malleated form post nothing', async () => {
    const w = await world();
    const request = w.request();
    const digest = ethers.TypedDataEncoder.hash(domainOf(w), JOB_REQUEST_TYPES, request);
    await refused(w, request, await w.requester.signMessage(ethers.getBytes(digest)));
    const { r, s, v, yParityAndS } = ethers.Signature.from(await sign(w, request));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high = ethers.toBeHex(order - BigInt(s), 32);
    await refused(w, request, ethers.concat([r, high, v === 27 ? '0x1c' : '0x1b']));
    await refused(w, request, ethers.concat([r, yParityAndS]));
    await refused(w, request, '0x');
    const { name } = await w.token.eip712Domain();
    const permit = await w.requester.signTypedData(
      { name, version: '1', chainId: w.chainId, verifyingContract: w.addresses.asset },
      { Permit: [{ name: 'owner', type: 'address' }] },
      { owner: w.requester.address },
    );
    await refused(w, request, permit);
  });

  it("an operator's signature is not its account's: it bids, and posts nothing", async () => {
    const w = await world();
    await w.market.connect(w.requester).setOperator(w.outsider.address, 2n ** 100n, 2n ** 100n);
    const request = w.request();
    await refused(w, request, await sign(w, request, w.outsider));
  });

  it("nor does a wallet's owner sign for another wallet, or for itself by the wallet", async () => {
    const w = await world();
    const [mine, yours] = [
      await new SigningWallet__factory(w.owner).deploy(w.alice.address),
      await new SigningWallet__factory(w.owner).deploy(w.bob.address),
    ];
    const request = w.request({ requester: await yours.getAddress() });
    await refused(w, request, await sign(w, request, w.alice));
    const own = w.request({ requester: await mine.getAddress() });
    const signature = await sign(w, own, w.alice);
    await refused(w, { ...own, requester: w.alice.address }, signature);
  });

  it('an operator of one account acts for no other, and not for the account of its account', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).setOperator(w.bob.address, 2n ** 100n, 2n ** 100n);
    await w.market.connect(w.bob).setOperator(w.outsider.address, 2n ** 100n, 2n ** 100n);
    await expect(w.market.connect(w.outsider).bid(w.alice.address, jobId, TRACE_HASH, 1n, UNIT))
      .to.be.revertedWithCustomError(w.market, 'NotOperator')
      .withArgs(w.alice.address, w.outsider.address);
    expect(await w.reservedOf(w.alice)).to.equal(0);
  });
});
