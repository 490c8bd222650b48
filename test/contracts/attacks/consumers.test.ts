import { expect } from 'chai';
import type { ContractTransactionReceipt } from 'ethers';
import { FickleConsumer__factory } from '../../../protocol/contracts/generated/index.ts';
import { ethers } from '../support/chain.ts';
import { world } from '../support/world.ts';
import type { World } from '../support/world.ts';

const Mood = { Takes: 0, Refuses: 1, BurnsGas: 2, ReturnsBomb: 3, RevertsBomb: 4, CallsBack: 5 } as const;
const GAS = 300_000;

/** A finalized job for a consumer, and what it needs to be attacked with. */
async function prepare(w: World) {
  const consumer = await new FickleConsumer__factory(w.owner).deploy();
  const address = await consumer.getAddress();
  const jobId = await w.postTraced({ consumer: address, consumerGas: GAS });
  await w.settle(
    jobId,
    [0, 1, 3].map((slice) => ({ slice, prover: w.bob })),
  );
  return { consumer, address, jobId };
}

async function wealthOf(w: World): Promise<bigint[]> {
  return Promise.all([...w.everyone, w.treasury].map((account) => w.balanceOf(account)));
}

describe('attack: a consumer that calls back while it is given a result', () => {
  it('has no result twice, and moves nothing of anybody', async () => {
    const w = await world();
    const { consumer, address, jobId } = await prepare(w);
    const { interface: abi } = w.market;
    const finalize = abi.encodeFunctionData('finalize', [jobId]);
    const again = abi.encodeFunctionData('deliver', [jobId, []]);
    const withdraw = abi.encodeFunctionData('withdraw', [1n, address]);
    await w.market.finalize(jobId);
    const before = await wealthOf(w);
    for (const [call, error, args] of [
      [again, 'AlreadyDelivered', [jobId]],
      [finalize, 'WrongJobState', [jobId, 4n]],
      [withdraw, 'InsufficientBalance', [address, 0n, 1n]],
    ] as const) {
      await consumer.set(Mood.CallsBack, call);
      // The chain is taken back to here after each call: all three are made during the first delivery.
      const snapshot = (await ethers.provider.send('evm_snapshot', [])) as string;
      await expect(w.market.deliver(jobId, [])).to.emit(w.market, 'ResultDelivered');
      expect(await consumer.calledBack()).to.equal(false);
      const answer = await consumer.answer();
      const parsed = abi.parseError(answer);
      expect([parsed?.name, [...(parsed?.args ?? [])]]).to.deep.equal([error, args]);
      expect(await consumer.taken()).to.equal(1);
      expect(await wealthOf(w)).to.deep.equal(before);
      await ethers.provider.send('evm_revert', [snapshot]);
    }
  });

  it('inside finalizeAndDeliver finds the job ended and its money gone to where it belongs', async () => {
    const w = await world();
    const { consumer, jobId } = await prepare(w);
    const { interface: abi } = w.market;
    await consumer.set(Mood.CallsBack, abi.encodeFunctionData('expire', [jobId]));
    const before = await w.balanceOf(w.requester);
    const { escrow } = await w.market.jobOf(jobId);
    await w.market.connect(w.outsider).finalizeAndDeliver(jobId, []);
    expect(abi.parseError(await consumer.answer())?.name).to.equal('WrongJobState');
    expect((await w.balanceOf(w.requester)) - before).to.equal(escrow);
  });
});

describe('attack: gas griefing through the callback', () => {
  it('a consumer that burns all its gas costs the caller what the request said, and ends nothing', async () => {
    const w = await world();
    const { consumer, address, jobId } = await prepare(w);
    await consumer.set(Mood.BurnsGas, '0x');
    const sent = await w.market.connect(w.outsider).finalizeAndDeliver(jobId, [], { gasLimit: 5_000_000 });
    await expect(sent).to.emit(w.market, 'DeliveryFailed').withArgs(jobId, address, '0x');
    const { gasUsed } = (await sent.wait()) as ContractTransactionReceipt;
    expect(gasUsed).to.be.lessThan(BigInt(GAS) + 150_000n);
    expect((await w.market.jobOf(jobId)).state).to.equal(4);
  });

  it('a caller can bring no consumer to fail by bringing too little gas: it has all of it or the call reverts', async () => {
    const w = await world();
    const { consumer, jobId } = await prepare(w);
    await w.market.finalize(jobId);
    const market = w.market.connect(w.outsider);
    let reverted = 0;
    for (let gasLimit = 100_000; gasLimit <= 460_000; gasLimit += 20_000) {
      const snapshot = (await ethers.provider.send('evm_snapshot', [])) as string;
      const sent = await market.deliver(jobId, [], { gasLimit }).catch(() => undefined);
      if (sent === undefined) {
        reverted++;
        continue;
      }
      const { logs } = (await sent.wait()) as ContractTransactionReceipt;
      const names = logs.map((log) => w.market.interface.parseLog(log)?.name);
      expect(names, `with ${gasLimit}`).to.deep.equal(['ResultDelivered']);
      // The check of the ABI's arguments comes before it is measured.
      expect(await consumer.gasSeen()).to.be.greaterThan(BigInt(GAS) - 20_000n);
      await ethers.provider.send('evm_revert', [snapshot]);
    }
    expect(reverted).to.be.greaterThan(10);
    expect((await w.market.jobOf(jobId)).delivered).to.equal(false);
    await expect(market.deliver(jobId, [], { gasLimit: 300_000 })).to.revert(ethers);
  });
});

describe('attack: return bombs', () => {
  it('a hundred kilobytes returned or reverted with cost the caller next to nothing more', async () => {
    const w = await world();
    for (const mood of [Mood.ReturnsBomb, Mood.RevertsBomb]) {
      const { consumer, jobId } = await prepare(w);
      await w.market.finalize(jobId);
      await consumer.set(mood, '0x');
      const sent = await w.market.deliver(jobId, [], { gasLimit: 2_000_000 });
      const receipt = (await sent.wait()) as ContractTransactionReceipt;
      const [event] = receipt.logs.map((log) => w.market.interface.parseLog(log));
      if (mood === Mood.ReturnsBomb) expect(event?.name).to.equal('ResultDelivered');
      else
        expect([event?.name, (event?.args.reason as string).length]).to.deep.equal([
          'DeliveryFailed',
          2 + 2 * 256,
        ]);
      // All the consumer's gas, and what a delivery takes at most besides.
      expect(receipt.gasUsed).to.be.lessThan(BigInt(GAS) + 130_000n);
    }
  });
});
