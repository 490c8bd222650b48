import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { domainWord, hashWords, packValues, valuesPerWord } from '../../protocol/commitment/commit.ts';
import {
  ITensorHasher__factory,
  PackedValuesHarness__factory,
  TensorHasher__factory,
} from '../../protocol/contracts/generated/index.ts';
import { SCALAR_FIELD } from '../../protocol/field.ts';
import { codeStoreInit, poseidonTables } from '../../protocol/contracts/poseidon-tables.ts';
import { poseidonTablesSolidity } from '../../scripts/poseidon-tables.ts';
import { ethers } from './support/chain.ts';
import { packTensorSpec } from '../../protocol/contracts/words.ts';
import { world } from './support/world.ts';

const field = fc.oneof(
  fc.bigInt({ min: 0n, max: SCALAR_FIELD - 1n }),
  fc.constantFrom(0n, 1n, SCALAR_FIELD - 1n, SCALAR_FIELD - 2n),
);

async function hasher() {
  const w = await world();
  return ITensorHasher__factory.connect(await w.market.tensorHasher(), w.owner);
}

describe('TensorHasher', () => {
  it("hashes as the circuits' side does, at every length where the chain of permutations changes", async () => {
    const contract = await hasher();
    for (const length of [3, 4, 5, 6, 15, 16, 17, 30, 31, 32, 46, 47]) {
      const words = Array.from({ length }, (_, i) => BigInt(ethers.id(`word ${length} ${i}`)) % SCALAR_FIELD);
      expect(await contract.hashWords(words), `${length} words`).to.equal(hashWords(words));
    }
  });

  it('hashes any words, the largest ones included', async () => {
    const contract = await hasher();
    const words = fc.array(field, { minLength: 3, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(words, async (some) => {
        expect(await contract.hashWords(some)).to.equal(hashWords(some));
      }),
      { numRuns: 30 },
    );
    const largest = Array.from({ length: 16 }, () => SCALAR_FIELD - 1n);
    expect(await contract.hashWords(largest)).to.equal(hashWords(largest));
  });

  it('refuses words of no commitment', async () => {
    const contract = await hasher();
    await expect(contract.hashWords([1n, 2n]))
      .to.be.revertedWithCustomError(contract, 'TooFewWords')
      .withArgs(2, 3);
    for (const position of [0, 3]) {
      const words = [1n, 2n, 3n, 4n].with(position, SCALAR_FIELD);
      await expect(contract.hashWords(words))
        .to.be.revertedWithCustomError(contract, 'WordOutOfRange')
        .withArgs(position, SCALAR_FIELD);
    }
  });

  it('takes no tables but the right ones, in their order', async () => {
    const [signer] = await ethers.getSigners();
    const addresses: string[] = [];
    for (const table of poseidonTables()) {
      const sent = await signer.sendTransaction({ data: codeStoreInit(table) });
      addresses.push((await sent.wait())?.contractAddress ?? '');
    }
    const wrong = Uint8Array.from(poseidonTables()[5]);
    wrong[100] ^= 1;
    const sent = await signer.sendTransaction({ data: codeStoreInit(wrong) });
    const forged = (await sent.wait())?.contractAddress ?? '';
    const factory = new TensorHasher__factory(signer);
    await factory.deploy(addresses);
    for (const [i, tables] of [
      [5, addresses.with(5, forged)],
      [0, addresses.with(0, addresses[1])],
      [3, addresses.with(3, signer.address)],
    ] as const) {
      await expect(factory.deploy(tables), `table ${i}`).to.be.revertedWithCustomError(factory, 'WrongTable');
    }
  });

  it('is bound to tables that come from the constants of poseidon-lite', () => {
    const { text, file } = poseidonTablesSolidity;
    expect(readFileSync(file, 'utf8')).to.equal(text());
  });
});

describe('PackedValues', () => {
  it('reads values as they were packed, and knows the shape of every tensor', async () => {
    const [signer] = await ethers.getSigners();
    const contract = await new PackedValuesHarness__factory(signer).deploy();
    const tensor = fc
      .record({
        bits: fc.integer({ min: 1, max: 32 }),
        signed: fc.boolean(),
        units: fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
          minLength: 1,
          maxLength: 40,
        }),
      })
      .map(({ bits, signed, units }) => ({
        spec: { bits, signed, count: units.length },
        values: units.map((unit) => Math.floor(unit * 2 ** bits) - (signed ? 2 ** (bits - 1) : 0)),
      }));
    await fc.assert(
      fc.asyncProperty(tensor, fc.nat(), async ({ spec, values }, pick) => {
        const words = packValues(spec, values);
        const word = packTensorSpec(spec);
        const at = pick % values.length;
        expect(await contract.valueAt(word, words, at)).to.equal(BigInt(values[at]));
        const { domain, bits } = await contract.shapeOf(word);
        expect(domain).to.equal(domainWord(spec));
        const each = valuesPerWord(spec.bits);
        expect([...bits]).to.deep.equal(
          words.map((_, i) => BigInt(Math.min(each, values.length - i * each) * spec.bits)),
        );
      }),
      { numRuns: 40 },
    );
    // Every width, since few of them fill a word to its last bits.
    for (let width = 1; width <= 32; width++) {
      const each = valuesPerWord(width);
      for (const count of [each, each + 1]) {
        const { bits } = await contract.shapeOf(packTensorSpec({ count, bits: width, signed: false }));
        const expected = count === each ? [each * width] : [each * width, width];
        expect([...bits], `${count} values of ${width} bits`).to.deep.equal(expected.map(BigInt));
      }
    }
    await expect(contract.valueAt(packTensorSpec({ count: 3, bits: 8, signed: true }), [0n], 3))
      .to.be.revertedWithCustomError(contract, 'NoSuchValue')
      .withArgs(3, 3);
  });
});
