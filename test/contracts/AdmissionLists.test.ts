import { expect } from 'chai';
import { admissionOf, listIdOf, listOf } from '../../client/jobs/admission.ts';
import { MOST_HOOK_GAS } from '../../protocol/contracts/admission.ts';
import { ethers } from './support/chain.ts';
import { listed, listsOf } from './support/lists.ts';
import { deploymentOf } from './support/signing.ts';
import { world } from './support/world.ts';

const NOBODY = '0x00000000000000000000000000000000000000ee';
const accounts = (count: number) => Array.from({ length: count }, (_, i) => ethers.toBeHex(i + 1, 20));

describe('AdmissionLists', () => {
  it('keeps a list once, by what it says, and tells it again', async () => {
    const w = await world();
    const lists = listsOf(w);
    const list = { minRecord: 7, excluded: true, accounts: [w.alice.address, w.bob.address] };
    const id = await lists.idOf(list);
    expect(await lists.isMade(id)).to.equal(false);
    await expect(lists.listOf(id)).to.be.revertedWithCustomError(lists, 'UnknownList').withArgs(id);
    await expect(lists.connect(w.outsider).make(list))
      .to.emit(lists, 'ListMade')
      .withArgs(id, 7, true, list.accounts);
    expect(await lists.make.staticCall(list)).to.equal(id);
    await expect(lists.make(list)).not.to.emit(lists, 'ListMade');
    expect(await lists.isMade(id)).to.equal(true);
    expect(await lists.listOf(id)).to.deep.equal([7n, true, list.accounts]);
    const others = [{ minRecord: 8 }, { excluded: false }, { accounts: [w.alice.address] }, { accounts: [] }];
    const ids = await Promise.all(others.map((change) => lists.idOf({ ...list, ...change })));
    expect(new Set([id, ...ids]).size).to.equal(5);
  });

  it('has no more gas than settling nodes leave for it', async () => {
    const { market } = await world();
    // A call gets 63 parts of 64 of what there is.
    expect(MOST_HOOK_GAS).to.be.at.least(((await market.ADMISSION_GAS()) * 64n) / 63n);
  });

  it('takes 64 accounts and no more, and answers about all of them within what a market gives', async () => {
    const w = await world();
    const lists = listsOf(w);
    expect(await lists.MAX_ACCOUNTS()).to.equal(64);
    await expect(lists.make({ minRecord: 0, excluded: false, accounts: accounts(65) }))
      .to.be.revertedWithCustomError(lists, 'ListTooLong')
      .withArgs(65, 64);
    const admission = await listed(
      w,
      accounts(64).map((address) => ({ address })),
      { excluded: true, minRecord: 0 },
    );
    const jobId = await w.post({ admission });
    expect(await w.market.admits(jobId, w.alice.address)).to.equal(true);
    expect(await w.market.admits(jobId, accounts(64)[63])).to.equal(false);
    // Half of it, so that a list and a record fit in any case.
    const question = [jobId, w.alice.address, admission.data] as const;
    const gas = (await lists.admits.estimateGas(...question)) - 21_000n;
    expect(gas).to.be.lessThan((await w.market.ADMISSION_GAS()) / 2n);
  });

  it('admits the listed, all but the excluded, whoever has the record, and by a list that nobody made none', async () => {
    const w = await world();
    await w.settle(await w.postTraced(), [
      { slice: 0, prover: w.bob },
      { slice: 1, prover: w.bob },
    ]);
    expect(await w.market.recordOf(w.bob.address)).to.equal(2);
    const { alice, bob } = w;
    const unmade = { minRecord: 1, excluded: true, accounts: [NOBODY] };
    const cases = [
      [await listed(w, [alice]), true, false],
      [await listed(w, [bob, alice]), true, true],
      [await listed(w, [alice], { excluded: true }), false, true],
      [await listed(w, [], { excluded: true }), true, true],
      [await listed(w, []), true, true],
      [await listed(w, [], { minRecord: 2 }), false, true],
      [await listed(w, [], { minRecord: 3 }), false, false],
      [await listed(w, [bob, alice], { minRecord: 2 }), false, true],
      [await listed(w, [bob], { minRecord: 2, excluded: true }), false, false],
      [{ hook: w.addresses.admissionLists, data: await listsOf(w).idOf(unmade) }, false, false],
    ] as const;
    for (const [i, [admission, ofAlice, ofBob]] of cases.entries()) {
      const jobId = await w.post({ admission });
      expect(await w.market.admits(jobId, alice.address), `alice, ${i}`).to.equal(ofAlice);
      expect(await w.market.admits(jobId, bob.address), `bob, ${i}`).to.equal(ofBob);
    }
  });

  it('is named by clients as it names its lists, whatever order accounts come in', async () => {
    const w = await world();
    const contracts = { deployment: deploymentOf(w) };
    const [one, two] = [w.alice.address, w.bob.address];
    const lists = [
      { minRecord: 3 },
      { accounts: [one, two.toLowerCase(), one] },
      { accounts: [two, one] },
      { accounts: [two], excluded: true, minRecord: 1 },
    ].map((admission) => ({ admission, list: listOf(admission) }));
    for (const { admission, list } of lists) {
      const id = list && (await listsOf(w).idOf(list));
      expect(list && listIdOf(list)).to.equal(id);
      expect(admissionOf(contracts, admission)).to.deep.equal({
        hook: w.addresses.admissionLists,
        data: id,
      });
    }
    expect(lists[1].list).to.deep.equal(lists[2].list);
    const nobody = { hook: ethers.ZeroAddress, data: ethers.ZeroHash };
    for (const none of [undefined, {}, { accounts: [], excluded: true, minRecord: 0 }]) {
      expect(listOf(none)).to.equal(undefined);
      expect(admissionOf(contracts, none)).to.deep.equal(nobody);
    }
    expect(admissionOf(contracts, { hook: one })).to.deep.equal({ hook: one, data: ethers.ZeroHash });
    const own = { hook: one, data: ethers.id('data') };
    expect([admissionOf(contracts, own), listOf(own)]).to.deep.equal([own, undefined]);
  });
});
