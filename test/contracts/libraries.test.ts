import { expect } from 'chai';
import fc from 'fast-check';
import { ethers } from './support/chain.ts';
import { fuzzed } from './support/fuzz.ts';
import {
  packSliceSpec,
  packTensorSpec,
  unpackSliceSpec,
  unpackTensorSpec,
} from '../../protocol/contracts/words.ts';
import { PackingHarness__factory } from '../../protocol/contracts/generated/index.ts';

const RUNS = { numRuns: fuzzed(60) };
const uint = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const id = fc.integer({ min: 0, max: 0xffff });

describe('packing, prices and masks', () => {
  async function harness() {
    const [signer] = await ethers.getSigners();
    return new PackingHarness__factory(signer).deploy();
  }

  it('packs slices as their description says, and back', async () => {
    const contract = await harness();
    const spec = fc.record({
      circuit: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
      weight: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      inputs: fc.array(id, { maxLength: 6 }),
      outputs: fc.array(id, { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(spec, async (slice) => {
        const word = packSliceSpec(slice);
        expect(await contract.packSlice(slice)).to.equal(word);
        expect(unpackSliceSpec(word)).to.deep.equal(slice);
        const { circuit, weight, inputs, outputs } = await contract.unpackSlice(word);
        expect([circuit, weight, [...inputs], [...outputs]]).to.deep.equal([
          BigInt(slice.circuit),
          BigInt(slice.weight),
          slice.inputs.map(BigInt),
          slice.outputs.map(BigInt),
        ]);
      }),
      RUNS,
    );
    const twelve = { circuit: 1, weight: 1, inputs: [1, 2, 3, 4, 5, 6], outputs: [1, 2, 3, 4, 5, 6] };
    expect(() => packSliceSpec(twelve)).to.throw('at most 11 tensors');
    const eleven = { ...twelve, outputs: [1, 2, 3, 4, 5] };
    expect(await contract.packSlice(eleven)).to.equal(packSliceSpec(eleven));
    await expect(contract.packSlice(twelve))
      .to.be.revertedWithCustomError(contract, 'TooManySliceTensors')
      .withArgs(12, 11);
  });

  it('packs tensors, and back', async () => {
    const contract = await harness();
    const tensor = fc.record({
      count: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      bits: fc.integer({ min: 0, max: 255 }),
      signed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(tensor, async (spec) => {
        const word = packTensorSpec(spec);
        expect(await contract.packTensor(spec)).to.equal(word);
        expect(unpackTensorSpec(word)).to.deep.equal(spec);
        const { count, bits, signed } = await contract.unpackTensor(word);
        expect([count, bits, signed]).to.deep.equal([BigInt(spec.count), BigInt(spec.bits), spec.signed]);
      }),
      RUNS,
    );
  });

  it('ramps prices as the formula does, without going down', async () => {
    const contract = await harness();
    await fc.assert(
      fc.asyncProperty(uint(96), uint(96), uint(32), uint(24), async (a, b, elapsed, span) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const ends = [0n, 1n, span - 1n, span, span + 1n].filter((time) => time >= 0n);
        for (const time of [elapsed, ...ends]) {
          const expected = time >= span ? high : low + ((high - low) * time) / span;
          expect(await contract.ramp(low, high, time, span)).to.equal(expected);
          expect(await contract.ramp(low, high, time + 1n, span)).to.be.at.least(expected);
        }
        // No span at all: the highest price from the first second on.
        expect(await contract.ramp(low, high, 0n, 0n)).to.equal(high);
      }),
      RUNS,
    );
  });

  it('rounds collateral up, shares all of a lapse, and asks for a lower bid', async () => {
    const contract = await harness();
    await fc.assert(
      fc.asyncProperty(uint(96), fc.bigInt({ min: 20_000n, max: 60_000n }), async (price, bps) => {
        const collateral = await contract.collateral(price, bps);
        expect(collateral * 10_000n).to.be.at.least(price * bps);
        expect((collateral - 1n) * 10_000n).to.be.lessThan(price * bps);
        const [burned, raise, reward] = await contract.lapseShares(collateral);
        expect(burned + raise + reward).to.equal(collateral);
        expect(burned).to.equal(collateral / 2n);
        expect(reward).to.equal(collateral / 10n);
        const [possible, most] = await contract.undercut(price, bps % 5_001n);
        expect(possible).to.equal(price > 0n);
        if (!possible) return;
        // Rounded for whoever bids less.
        const part = price * (10_000n - (bps % 5_001n));
        const least = (part + 9_999n) / 10_000n;
        expect(most).to.equal(least < price ? least : price - 1n);
      }),
      RUNS,
    );
  });

  it('counts the bits of a mask and finds the lowest', async () => {
    const contract = await harness();
    for (let bit = 0n; bit < 256n; bit += 1n) {
      expect(await contract.mask(1n << bit)).to.deep.equal([1n, bit]);
    }
    expect(await contract.mask(2n ** 256n - 1n)).to.deep.equal([256n, 0n]);
    await fc.assert(
      fc.asyncProperty(uint(256), async (word) => {
        const digits = word.toString(2);
        const lowest = word === 0n ? 0 : digits.length - 1 - digits.lastIndexOf('1');
        expect(await contract.mask(word)).to.deep.equal([
          BigInt([...digits].filter((digit) => digit === '1').length),
          BigInt(lowest),
        ]);
      }),
      RUNS,
    );
  });

  it('weighs the heaviest of some slices, whichever they are', async () => {
    const contract = await harness();
    const weights = fc.oneof(
      fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 256 }),
      // Tiles of a layer have equal weights.
      fc.array(fc.integer({ min: 5, max: 7 }), { minLength: 1, maxLength: 256 }),
    );
    await fc.assert(
      fc.asyncProperty(
        weights,
        uint(256),
        uint(256),
        fc.integer({ min: 0, max: 256 }),
        async (all, named, others, most) => {
          const those = (mask: bigint) => all.filter((_, i) => ((mask >> BigInt(i)) & 1n) === 1n);
          const sum = (values: readonly number[]) =>
            values.reduce((total, value) => total + BigInt(value), 0n);
          const candidates = those(others).sort((a, b) => b - a);
          const count = most % (candidates.length + 1);
          const weight = await contract.weigh.staticCall(all, named, others, count);
          expect(weight).to.equal(sum(those(named)) + sum(candidates.slice(0, count)));
          // What is kept for all of them.
          const every = all.reduce((mask, one, i) => (one === 0 ? mask : mask | (1n << BigInt(i))), 0n);
          expect(await contract.weigh.staticCall(all, every, 0n, 0)).to.equal(sum(all));
        },
      ),
      RUNS,
    );
  });
});
