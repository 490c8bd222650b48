import { expect } from 'chai';
import { hashTrace, showTrace } from '../../../protocol/settlement/trace-hash.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import { aggregate, bytesOf, whole, type Proved } from '../support/batch.ts';
import { ethers } from '../support/chain.ts';
import { sumWitness } from '../support/circuits.ts';
import { prove } from '../support/groth16.ts';
import { NO_BID, NO_EXECUTION, slicesOf, TENSOR, TRACE_DIGEST, world, type World } from '../support/world.ts';

/** Two chunks of 16 tensors, and one of nine. Slice i reads tensor i and writes the next one. */
const SLICES = 40;
const traceOf = (tensors: number): string[] =>
  Array.from({ length: tensors }, (_, i) => ethers.toBeHex(1000 + i, 32));
const trace = traceOf(SLICES + 1);
const chunks = [trace.slice(0, 16), trace.slice(16, 32), trace.slice(32)];
const [first, second, third] = chunks.map((chunk) => ethers.keccak256(ethers.concat(chunk)));

/** A job with its requester's own trace, of a model that is a chain of so many slices. */
async function traced(w: World, slices: number): Promise<string> {
  const model = [
    ethers.id(`a chain of ${slices}`),
    Array.from({ length: slices + 1 }, () => packTensorSpec(TENSOR)),
    1,
    [slices],
    Array.from({ length: slices }, (_, i) =>
      packSliceSpec({ circuit: 1, weight: 3, inputs: [i], outputs: [i + 1] }),
    ),
  ] as [string, bigint[], number, number[], bigint[]];
  const modelId = await w.models.registerModel.staticCall(...model);
  await w.models.registerModel(...model);
  const request = w.request({ modelId, execution: { ...NO_EXECUTION } });
  const market = w.market.connect(w.requester);
  await market.postWithTrace(request, traceOf(slices + 1), TRACE_DIGEST);
  return w.market.jobIdOf(request);
}

/** Tries a settlement of slices that alice proved, with what is shown of the trace. */
async function settling(w: World, jobId: string, slices: bigint) {
  const proved: Proved[] = [];
  for (const slice of slicesOf(slices)) {
    const signals = [...(await w.market.signalsOf(jobId, slice, w.alice.address, trace))];
    const salt = BigInt(slice) + 3n;
    proved.push({ circuit: 1n, signals, proof: prove(w.keys[0], sumWitness(signals), salt, salt + 1n) });
  }
  const submission = { chainId: w.chainId, market: w.addresses.market, settler: w.settler.address };
  const groups = [{ prover: w.alice.address, bid: NO_BID, slices }];
  const proofs = bytesOf(aggregate(proved, submission));
  const market = w.market.connect(w.settler);
  return {
    trying: (given: { readonly shown: bigint; readonly trace: readonly string[] }) =>
      market.settle.staticCall([{ jobId, shown: given.shown, trace: [...given.trace], groups }], proofs),
    send: (given: { readonly shown: bigint; readonly trace: readonly string[] }) =>
      market.settle([{ jobId, shown: given.shown, trace: [...given.trace], groups }], proofs),
  };
}

describe('attack: traces of which a part is shown', () => {
  it('have one hash on chain and off it, whatever their length', async () => {
    const w = await world();
    for (const slices of [1, 14, 15, 16, 17, 30, 31, 32, 47, 255]) {
      const { traceHash } = await w.market.jobOf(await traced(w, slices));
      expect(traceHash, `${slices + 1} tensors`).to.equal(hashTrace(traceOf(slices + 1)));
    }
  });

  it('prove a slice by the chunks of its tensors, wherever they are, as the whole trace does', async () => {
    const w = await world();
    const jobId = await traced(w, SLICES);
    for (const slices of [0, 14, 15, 16, 31, 32, 39]) {
      const { trying } = await settling(w, jobId, 1n << BigInt(slices));
      await trying(whole(trace));
      await trying({ shown: ethers.MaxUint256, trace });
      const shown = showTrace(trace, [slices, slices + 1]);
      expect(shown.trace.length).to.be.lessThan(trace.length);
      await trying(shown);
    }
    const some = (1n << 3n) | (1n << 38n);
    const { send } = await settling(w, jobId, some);
    await expect(send({ shown: 0b101n, trace: [...chunks[0], second, ...chunks[2]] })).to.emit(
      w.market,
      'SlicesSettled',
    );
    expect((await w.market.coverageOf(jobId)).proved).to.equal(some);
  });

  it('prove nothing of a tensor that is not shown', async () => {
    const w = await world();
    const jobId = await traced(w, SLICES);
    for (const [slice, shown, hidden] of [
      [0, 0n, 0],
      [0, 0b110n, 0],
      // It reads a tensor of one chunk and writes one of the next.
      [15, 0b001n, 1],
      [15, 0b010n, 0],
      [39, 0b011n, 2],
    ] as const) {
      const { trying } = await settling(w, jobId, 1n << BigInt(slice));
      const given = chunks.flatMap((chunk, i) =>
        (shown >> BigInt(i)) & 1n ? chunk : [[first, second, third][i]],
      );
      await expect(trying({ shown, trace: given }), `slice ${slice}, chunks ${shown}`)
        .to.be.revertedWithCustomError(w.market, 'ChunkNotShown')
        .withArgs(jobId, hidden);
    }
  });

  it('are the trace’s own, chunk by chunk', async () => {
    const w = await world();
    const jobId = await traced(w, SLICES);
    const { trying } = await settling(w, jobId, 1n);
    const forged = chunks[0].with(1, ethers.toBeHex(7, 32));
    for (const [what, shown, given] of [
      ['another commitment', 1n, [...forged, second, third]],
      ['another hash', 1n, [...chunks[0], third, third]],
      ['chunks in another order', 0b10n, [second, ...chunks[0], third]],
      ['a chunk twice', 0b11n, [...chunks[0], ...chunks[0], third]],
      ['one chunk less', 1n, [...chunks[0], second]],
      ['one chunk more', 1n, [...chunks[0], second, third, third]],
      ['a word more in the last one', 0b101n, [...chunks[0], second, ...chunks[2], ethers.ZeroHash]],
      ['a word less in the last one', 0b101n, [...chunks[0], second, ...chunks[2].slice(1)]],
      ['the hashes as if they were a chunk', 1n, [first, second, third]],
      ['the trace’s hash as if it were a chunk’s', 0n, [hashTrace(trace)]],
      ['nothing', 0n, []],
      ['nothing, all of it shown', ethers.MaxUint256, []],
      ['hashes where commitments should be', ethers.MaxUint256, [first, second, third]],
      ['commitments where hashes should be', 0n, trace],
      ['hashes beyond every bit', 1n, [...chunks[0], ...Array<string>(300).fill(second)]],
    ] as const) {
      await expect(trying({ shown, trace: given }), what)
        .to.be.revertedWithCustomError(w.market, 'TraceMismatch')
        .withArgs(jobId);
    }
  });
});
