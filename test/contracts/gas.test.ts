import { getBytes } from 'ethers';
import type { ContractTransactionResponse } from 'ethers';
import { artifacts, network } from 'hardhat';
import { STEPS } from '../../scripts/deployment/steps.ts';
import { hashTrace } from '../../protocol/settlement/trace-hash.ts';
import { aggregate, argumentsOf, bytesOf, whole } from './support/batch.ts';
import type { Proved } from './support/batch.ts';
import {
  committedCircuit,
  normalForm,
  proveCommittedSum,
  sumCircuit,
  sumWitness,
} from './support/circuits.ts';
import { prove, setup } from './support/groth16.ts';
import { commitTensor, packValues, valuesPerWord } from '../../protocol/commitment/commit.ts';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import { signedBid } from './support/signing.ts';
import { expectSnapshot } from './support/snapshot.ts';
import {
  createWorld,
  EXECUTION,
  NO_EXECUTION,
  OFFER,
  SETUP_DIGEST,
  TRACE_DIGEST,
  UNIT,
} from './support/world.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
const CODE_LIMIT = 24_576;

/** A chain of its own, so that the figures don't depend on what other tests did before. */
const chain = await network.create();
const { ethers } = chain;

/**
 * Five circuits of one phase 1 and domain with three signals each, in normal form: their keys share the points of ic, as keys
 * of the circuits of bits that the slicer makes do. Models of five and of ten slices.
 */
async function prepare() {
  const w = await createWorld({}, chain);
  const keys = Array.from({ length: 5 }, (_, i) =>
    setup(normalForm(sumCircuit(3, BigInt(i + 1))), PHASE1, 5000n + BigInt(i)),
  );
  const first = Number(await w.circuits.circuitCount()) + 1;
  for (const { vk } of keys) await w.circuits.registerCircuit(vk, SETUP_DIGEST);
  const register = async (slices: number) => {
    const args = [
      ethers.id(`model of ${slices}`),
      Array.from({ length: slices + 1 }, () => packTensorSpec({ count: 100, bits: 8, signed: true })),
      1,
      [slices],
      Array.from({ length: slices }, (_, i) =>
        packSliceSpec({ circuit: first + (i % 5), weight: 12, inputs: [i], outputs: [i + 1] }),
      ),
    ] as [string, bigint[], number, number[], bigint[]];
    const modelId = await w.models.registerModel.staticCall(...args);
    await w.models.registerModel(...args);
    return modelId;
  };
  const models = { five: await register(5), ten: await register(10) };
  const trace = (tensors: number) =>
    Array.from({ length: tensors }, (_, i) => ethers.toBeHex(BigInt(ethers.id(`tensor ${i}`)) >> 4n, 32));
  return { w, keys, first, models, trace };
}

async function used(sent: Promise<ContractTransactionResponse>): Promise<number> {
  return Number((await (await sent).wait())?.gasUsed);
}

/** What a transaction costs before its first instruction. */
function intrinsic(data: string): number {
  return [...getBytes(data)].reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 21_000);
}

describe('gas and size, exactly as committed', () => {
  const figures: Record<string, number> = {};

  after(() => expectSnapshot('gas.json', figures));

  it('of verifying one circuit of three signals, by number of proofs', async () => {
    const { w, keys, first } = await prepare();
    for (const count of [1, 5, 8, 16, 20, 64]) {
      const proved = Array.from({ length: count }, (_, i): Proved => {
        const signals = [1n, 2n, 3n].map((k) => BigInt(ethers.id(`signal ${i} ${k}`)) >> 4n);
        return {
          circuit: BigInt(first),
          signals,
          proof: prove(keys[0], sumWitness(signals), BigInt(i) + 3n, BigInt(i) + 4n),
        };
      });
      const settler = w.settler.address;
      const batch = aggregate(proved, { chainId: w.chainId, market: settler, settler });
      const data = w.verifier.interface.encodeFunctionData('verify', [settler, ...argumentsOf(batch)]);
      const sent = w.settler.sendTransaction({ to: w.addresses.verifier, data });
      const receipt = await (await sent).wait();
      const execution = Number(receipt?.gasUsed) - intrinsic(data);
      figures[`verifier: ${count} proofs, execution, each`] = Math.ceil(execution / count);
    }
  });

  it('of the market', async () => {
    const { w, keys, first, models, trace } = await prepare();
    const requester = w.market.connect(w.requester);
    const request = (modelId: string, nonce: bigint, execution: typeof EXECUTION | typeof NO_EXECUTION) => ({
      ...w.request({ modelId, nonce, execution: { ...execution }, outputCommitmentOnly: true }),
      inputs: [trace(1)[0]],
    });
    const post = async (model: 'five' | 'ten', nonce: bigint): Promise<[string, number]> => {
      const wanted = request(models[model], nonce, NO_EXECUTION);
      const tensors = model === 'five' ? 6 : 11;
      const gas = await used(requester.postWithTrace(wanted, trace(tensors), TRACE_DIGEST));
      return [await w.market.jobIdOf(wanted), gas];
    };

    const executed = request(models.five, 1n, EXECUTION);
    figures['post'] = await used(requester.post(executed, '0x'));
    const executedId = await w.market.jobIdOf(executed);
    const executor = w.market.connect(w.executor);
    figures['claimExecution'] = await used(executor.claimExecution(w.executor, executedId));
    figures['commitTrace, 6 tensors'] = await used(
      executor.commitTrace(executedId, await w.requestId(executedId), trace(6), TRACE_DIGEST, []),
    );
    const together = request(models.five, 3n, EXECUTION);
    await requester.post(together, '0x');
    const togetherId = await w.market.jobIdOf(together);
    const requestId = await w.requestId(togetherId);
    figures['claimExecution with commitTrace, 6 tensors'] = await used(
      executor.multicall([
        w.market.interface.encodeFunctionData('claimExecution', [w.executor.address, togetherId]),
        w.market.interface.encodeFunctionData('commitTrace', [
          togetherId,
          requestId,
          trace(6),
          TRACE_DIGEST,
          [],
        ]),
      ]),
    );
    const [ten, gas] = await post('ten', 2n);
    figures['postWithTrace, 11 tensors'] = gas;
    const hash = hashTrace(trace(11));
    figures['bid, one slice'] = await used(w.market.connect(w.alice).bid(w.alice, ten, hash, 1n, UNIT));
    figures['bid, undercut of one'] = await used(
      w.market.connect(w.bob).bid(w.bob, ten, hash, 1n, UNIT / 2n),
    );
    const signed = async (jobId: string, nonce: bigint, slices: bigint) =>
      signedBid(w, w.alice, { jobId, traceHash: hash, nonce, slices });
    const [one] = await post('ten', 4n);
    const market = w.market.connect(w.outsider);
    figures['bidSigned, one slice'] = await used(market.bidSigned([await signed(one, 1000n, 1n)]));
    const [many] = await post('ten', 5n);
    const bids = await Promise.all(
      Array.from({ length: 10 }, (_, i) => signed(many, BigInt(i), 1n << BigInt(i))),
    );
    figures['bidSigned, ten bids on a slice, each'] = Math.ceil((await used(market.bidSigned(bids))) / 10);
    // As nodes sign them: of provers that never bid here before, with nonces that nothing else is near to.
    const provers = (await ethers.getSigners()).slice(8, 16);
    await w.token.connect(w.alice).approve(w.addresses.market, ethers.MaxUint256);
    for (const { address } of provers) await w.market.connect(w.alice).deposit(address, 10n ** 18n);
    for (const [nonce, count] of [
      [6n, 2],
      [7n, 8],
    ] as const) {
      const [jobId] = await post('ten', nonce);
      const one = (i: number) =>
        signedBid(w, provers[i], {
          jobId,
          traceHash: hash,
          nonce: BigInt(ethers.id(`${nonce} ${i}`)),
          slices: 1n << BigInt(i),
        });
      const all = await Promise.all(Array.from({ length: count }, (_, i) => one(i)));
      figures[`bidSigned, ${count} provers on a slice each, each`] = Math.ceil(
        (await used(market.bidSigned(all))) / count,
      );
      // What fails between its rehearsal and its block costs who brings it, too.
      const again = await Promise.all(Array.from({ length: count }, (_, i) => one(i)));
      figures[`bidSigned, ${count} bids whose nonces are used, each`] = Math.ceil(
        (await used(market.bidSigned(again))) / count,
      );
    }
    const [poor] = await post('ten', 8n);
    const withdrawn = await Promise.all(
      (await ethers.getSigners())
        .slice(16, 20)
        .map((prover, i) => signedBid(w, prover, { jobId: poor, traceHash: hash, slices: 1n << BigInt(i) })),
    );
    figures['bidSigned, 4 bids without collateral, each'] = Math.ceil(
      (await used(market.bidSigned(withdrawn))) / 4,
    );
    const [other] = await post('ten', 3n);
    figures['bid, ten slices, each'] = Math.ceil(
      (await used(w.market.connect(w.alice).bid(w.alice, other, hash, (1n << 10n) - 1n, UNIT))) / 10,
    );

    /** Settles all five slices of each job, which their prover holds, and returns the gas a slice. */
    const settle = async (jobs: readonly string[], slices = 5): Promise<number> => {
      const hash5 = hashTrace(trace(6));
      const mask = (1n << BigInt(slices)) - 1n;
      for (const jobId of jobs) await w.market.connect(w.alice).bid(w.alice, jobId, hash5, mask, UNIT);
      await chain.networkHelpers.time.increase(OFFER.bidWindow + 1);
      const proved: Proved[] = [];
      for (const jobId of jobs) {
        for (let slice = 0; slice < slices; slice++) {
          const signals = [...(await w.market.signalsOf(jobId, slice, w.alice.address, trace(6)))];
          proved.push({
            circuit: BigInt(first + slice),
            signals,
            proof: prove(keys[slice], sumWitness(signals), BigInt(slice) + 5n, 7n),
          });
        }
      }
      const batch = aggregate(proved, {
        chainId: w.chainId,
        market: w.addresses.market,
        settler: w.settler.address,
      });
      const batches = jobs.map((jobId) => ({
        jobId,
        ...whole(trace(6)),
        groups: [{ prover: w.alice.address, bid: 0, slices: (1n << BigInt(slices)) - 1n }],
      }));
      const total = await used(w.market.connect(w.settler).settle(batches, bytesOf(batch)));
      return Math.ceil(total / proved.length);
    };
    const five = async (count: number, from: bigint): Promise<string[]> => {
      const jobs: string[] = [];
      for (let i = 0; i < count; i++) jobs.push((await post('five', from + BigInt(i)))[0]);
      return jobs;
    };
    figures['settle, one slice alone'] = await settle(await five(1, 10n), 1);
    figures['settle, one job of five circuits, each slice'] = await settle(await five(1, 20n));
    figures['settle, four jobs of five circuits, each slice'] = await settle(await five(4, 30n));
    const jobs = await five(10, 40n);
    figures['settle, ten jobs of five circuits, each slice'] = await settle(jobs);
    figures['finalize'] = await used(w.market.connect(w.outsider).finalize(jobs[0]));
  });

  it('of a trace that reveals outputs, by words', async () => {
    const { w, first, trace } = await prepare();
    const input = { count: 100, bits: 8, signed: true } as const;
    for (const words of [1, 64]) {
      const output = { count: words * valuesPerWord(8), bits: 8, signed: true } as const;
      const values = Array.from({ length: output.count }, (_, i) => (i % 255) - 127);
      const model = [
        ethers.id(`outputs of ${words}`),
        [packTensorSpec(input), packTensorSpec(output)],
        1,
        [1],
        [packSliceSpec({ circuit: first, weight: 12, inputs: [0], outputs: [1] })],
      ] as [string, bigint[], number, number[], bigint[]];
      const modelId = await w.models.registerModel.staticCall(...model);
      await w.models.registerModel(...model);
      const salt = BigInt(ethers.id('salt')) >> 4n;
      const commitments = [trace(1)[0], ethers.toBeHex(commitTensor(output, values, salt), 32)];
      const execution = { ...EXECUTION, commitSeconds: 5_000 };
      const jobId = await w.post({ modelId, inputs: [commitments[0]], execution });
      await w.market.connect(w.executor).claimExecution(w.executor, jobId);
      figures[`commitTrace, ${words} words revealed`] = await used(
        w.market
          .connect(w.executor)
          .commitTrace(jobId, await w.requestId(jobId), commitments, TRACE_DIGEST, [
            { salt, words: packValues(output, values) },
          ]),
      );
    }
  });

  it('of verifying committed lookups: one circuit of three signals', async () => {
    const { w } = await prepare();
    const key = setup(normalForm(committedCircuit(3)), PHASE1, 6000n, 7000n);
    await w.circuits.registerCircuit(key.vk, SETUP_DIGEST);
    const circuit = await w.circuits.circuitCount();
    const settler = w.settler.address;
    for (const count of [1, 16, 64]) {
      const proved = Array.from({ length: count }, (_, i): Proved => {
        const signals = [1n, 2n, 3n].map((k) => BigInt(ethers.id(`signal ${i} ${k}`)) >> 4n);
        return { circuit, signals, proof: proveCommittedSum(key, signals, BigInt(i) + 3n) };
      });
      const batch = aggregate(proved, { chainId: w.chainId, market: settler, settler });
      const data = w.verifier.interface.encodeFunctionData('verify', [settler, ...argumentsOf(batch)]);
      const receipt = await (await w.settler.sendTransaction({ to: w.addresses.verifier, data })).wait();
      const execution = Number(receipt?.gasUsed) - intrinsic(data);
      figures[`verifier: ${count} proofs with lookups, execution, each`] = Math.ceil(execution / count);
    }
  });

  it('of the code: every contract has room left below the limit', async () => {
    for (const { name } of STEPS.filter(({ name }) => !/^(PoseidonTable|TestToken)/.test(name))) {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      const size = (deployedBytecode.length - 2) / 2;
      figures[`${name}: bytes`] = size;
      figures[`${name}: room`] = CODE_LIMIT - size;
    }
  });
});
