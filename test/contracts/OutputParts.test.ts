import { expect } from 'chai';
import { partEnd } from '../../client/jobs/reveal-output.ts';
import { commitTensor, packValues } from '../../protocol/commitment/commit.ts';
import { OutputParts__factory } from '../../protocol/contracts/generated/index.ts';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import { aggregate, bytesOf, whole } from './support/batch.ts';
import { ethers, networkHelpers } from './support/chain.ts';
import { sumWitness } from './support/circuits.ts';
import { prove } from './support/groth16.ts';
import {
  createWorld,
  JobState,
  mutable,
  NO_BID,
  NO_EXECUTION,
  TENSOR,
  TRACE_DIGEST,
} from './support/world.ts';

const SCALAR_FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** EIP-7825: what a transaction has at most. Named, or it would be searched for by running the dear ones many times. */
const MOST_GAS = { gasLimit: 16_777_216 };
/** Words of the outputs: around every length at which a hash ends, or another kind of it begins. The last fits no transaction. */
const WORDS = [1, 2, 3, 4, 13, 14, 15, 16, 29, 30, 47, 500];
/** Values of 8 bits are 31 a word; the last word isn't full. */
const specOf = (words: number) => ({ count: 31 * words - 3, bits: 8, signed: true });
const LAST = WORDS.length - 1;

const outputs = WORDS.map((words, i) => {
  const spec = specOf(words);
  const values = Array.from({ length: spec.count }, (_, k) => ((k * 37 + i) % 255) - 127);
  const salt = 1_000_003n * BigInt(i + 1);
  const commitment = ethers.toBeHex(commitTensor(spec, values, salt), 32);
  return { salt, words: packValues(spec, values), commitment };
});
const trace = [ethers.toBeHex(1000, 32), ethers.toBeHex(1001, 32), ...outputs.map((one) => one.commitment)];

/** A finalized job of a model with those outputs, which only their commitments are known of. */
async function prepare() {
  const w = await createWorld();
  const parts = await new OutputParts__factory(w.outsider).deploy();
  const model = [
    ethers.id('many outputs'),
    [TENSOR, TENSOR, ...WORDS.map(specOf)].map(packTensorSpec),
    1,
    WORDS.map((_, i) => 2 + i),
    [
      packSliceSpec({ circuit: 1, weight: 3, inputs: [0], outputs: [1] }),
      ...[WORDS.slice(0, 6), WORDS.slice(6)].map((some, half) =>
        packSliceSpec({ circuit: 0, weight: 0, inputs: [1], outputs: some.map((_, i) => 2 + 6 * half + i) }),
      ),
    ],
  ] as const;
  const modelId = await w.models.registerModel.staticCall(...mutable(model));
  await w.models.registerModel(...mutable(model));
  const request = w.request({ modelId, inputs: [trace[0]], execution: { ...NO_EXECUTION } });
  await w.market.connect(w.requester).postWithTrace(request, trace, TRACE_DIGEST);
  const jobId = await w.market.jobIdOf(request);
  const finalize = async () => {
    const signals = [...(await w.market.signalsOf(jobId, 0, w.alice.address, trace))];
    const proved = { circuit: 1n, signals, proof: prove(w.keys[0], sumWitness(signals), 17n, 18n) };
    const { chainId, addresses, settler, alice } = w;
    const batch = aggregate([proved], { chainId, market: addresses.market, settler: settler.address });
    const groups = [{ prover: alice.address, bid: NO_BID, slices: 1n }];
    await w.market.connect(settler).settle([{ jobId, ...whole(trace), groups }], bytesOf(batch));
    await w.market.finalize(jobId);
  };
  return { ...w, parts, jobId, finalize, at: w.addresses.market };
}

async function finalized() {
  const p = await prepare();
  await p.finalize();
  return p;
}

describe('OutputParts', () => {
  const fixture = () => networkHelpers.loadFixture(finalized);

  it('shows outputs of any length whole, in the fewest parts and in the most', async () => {
    for (const most of [15, 31, 480]) {
      const { parts, jobId, at, outsider } = await fixture();
      for (const [i, { salt, words }] of outputs.entries()) {
        if (most < 480 && i === LAST) continue;
        for (let from = 0; from < words.length;) {
          const end = partEnd(from, words.length, most);
          const part = words.slice(from, end);
          expect(part.length).to.be.within(1, most);
          expect(await parts.nextOf(at, jobId, i, outsider.address)).to.equal(from);
          const sent = parts.show(at, jobId, trace, { output: i, salt, from, words: part }, MOST_GAS);
          await expect(sent, `${WORDS[i]} words from ${from}`)
            .to.emit(parts, 'PartShown')
            .withArgs(at, jobId, outsider.address, [i, salt, from, part]);
          if (end < words.length) await expect(sent).not.to.emit(parts, 'OutputShown');
          else await expect(sent).to.emit(parts, 'OutputShown').withArgs(at, jobId, outsider.address, i);
          expect(await parts.shown(at, jobId, i)).to.equal(end === words.length);
          // Room for a longer trace.
          if (part.length === 479) expect((await (await sent).wait())?.gasUsed).to.be.lessThan(15_700_000n);
          from = end;
        }
        expect(await parts.nextOf(at, jobId, i, outsider.address)).to.equal(0);
      }
    }
  });

  it('takes parts that end with a hash, in turn, of the words that there are', async () => {
    const { parts, jobId, at, market } = await fixture();
    const place = WORDS.indexOf(47);
    const { salt, words } = outputs[place];
    const show = (from: number, some: readonly bigint[], change: { output?: number; salt?: bigint } = {}) =>
      parts.show.staticCall(at, jobId, trace, {
        output: change.output ?? place,
        salt: change.salt ?? salt,
        from,
        words: [...some],
      });
    const refuses = async (sent: Promise<unknown>, name: string, args: readonly unknown[]) =>
      expect(sent, `${name} ${args.join()}`)
        .to.be.revertedWithCustomError(parts, name)
        .withArgs(...args);
    for (const count of [1, 13, 15, 28, 30, 46]) {
      await refuses(show(0, words.slice(0, count)), 'PartUnaligned', [count]);
    }
    await refuses(show(0, []), 'OutputLengthMismatch', [place, 0, 47]);
    await refuses(show(0, [...words, 0n]), 'OutputLengthMismatch', [place, 48, 47]);
    await refuses(show(0, words, { salt: salt + SCALAR_FIELD }), 'SaltOutOfRange', [
      place,
      salt + SCALAR_FIELD,
    ]);
    await refuses(show(0, words, { output: WORDS.length }), 'NoSuchOutput', [WORDS.length, WORDS.length]);
    await refuses(show(14, words.slice(14)), 'PartOutOfTurn', [14, 0]);
    // 28 values of 8 bits in the last word; 31 in the others.
    for (const [word, bits] of [
      [46, 28n * 8n],
      [3, 31n * 8n],
    ] as const) {
      const wide = words[word] | (1n << bits);
      await refuses(show(0, words.with(word, wide)), 'OutputWordOutOfRange', [place, word, wide]);
    }
    await parts.show(at, jobId, trace, { output: place, salt, from: 0, words: words.slice(0, 29) });
    await refuses(show(14, words.slice(14)), 'PartOutOfTurn', [14, 29]);
    await refuses(show(30, words.slice(30)), 'PartOutOfTurn', [30, 29]);
    await refuses(show(29, words.slice(29), { salt: salt + 1n }), 'PartOutOfTurn', [29, 29]);
    await refuses(show(29, words.slice(29, 43)), 'PartUnaligned', [14]);
    expect(await show(29, words.slice(29))).to.equal(true);
    await refuses(
      parts.show.staticCall(at, jobId, trace.with(5, trace[4]), {
        output: place,
        salt: salt,
        from: 0,
        words: words,
      }),
      'TraceDiffers',
      [jobId],
    );
    const none = ethers.id('none');
    await expect(parts.show.staticCall(at, none, trace, { output: place, salt, from: 0, words }))
      .to.be.revertedWithCustomError(market, 'UnknownJob')
      .withArgs(none);
  });

  it('shows nothing that is not committed to, and lets whoever was wrong begin anew', async () => {
    const { parts, jobId, at, alice, outsider } = await fixture();
    const place = WORDS.indexOf(29);
    const { salt, words, commitment } = outputs[place];
    const wrong = words.with(2, words[2] ^ 1n);
    const own = parts.connect(alice);
    await own.show(at, jobId, trace, { output: place, salt, from: 0, words: wrong.slice(0, 14) });
    const spec = specOf(29);
    const values = (some: readonly bigint[]) =>
      Array.from({ length: spec.count }, (_, k) => {
        const raw = Number((some[Math.floor(k / 31)] >> (8n * BigInt(k % 31))) & 255n);
        return raw - 128;
      });
    await expect(own.show(at, jobId, trace, { output: place, salt, from: 14, words: words.slice(14) }))
      .to.be.revertedWithCustomError(parts, 'OutputMismatch')
      .withArgs(place, commitment, ethers.toBeHex(commitTensor(spec, values(wrong), salt), 32));
    // Another's wrong parts are in nobody's way.
    await parts.show(at, jobId, trace, { output: place, salt, from: 0, words: words.slice(0, 14) });
    await expect(parts.show(at, jobId, trace, { output: place, salt, from: 14, words: words.slice(14) }))
      .to.emit(parts, 'OutputShown')
      .withArgs(at, jobId, outsider.address, place);
    expect(await parts.nextOf(at, jobId, place, alice.address)).to.equal(14);
    await own.show(at, jobId, trace, { output: place, salt, from: 0, words: words.slice(0, 14) });
    await expect(own.show(at, jobId, trace, { output: place, salt, from: 14, words: words.slice(14) }))
      .to.emit(parts, 'OutputShown')
      .withArgs(at, jobId, alice.address, place);
    // The same words under another salt are another commitment.
    await expect(
      own.show(at, jobId, trace, { output: place, salt: salt + 1n, from: 0, words }),
    ).to.be.revertedWithCustomError(parts, 'OutputMismatch');
    expect(await parts.shown(at, jobId, LAST)).to.equal(false);
  });

  it('asks the market that is named, and keeps what another one says apart', async () => {
    const { parts, jobId, at, finalize, market } = await networkHelpers.loadFixture(prepare);
    const { salt, words } = outputs[0];
    await expect(parts.show(at, jobId, trace, { output: 0, salt, from: 0, words }))
      .to.be.revertedWithCustomError(market, 'NoResult')
      .withArgs(jobId, JobState.Traced);
    await finalize();
    await parts.show(at, jobId, trace, { output: 0, salt, from: 0, words });
    expect(await parts.shown(at, jobId, 0)).to.equal(true);
    expect(await parts.shown(await parts.getAddress(), jobId, 0)).to.equal(false);
  });
});
