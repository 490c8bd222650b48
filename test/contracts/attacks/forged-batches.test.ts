import { expect } from 'chai';
import fc from 'fast-check';
import { concat, dataSlice, toBeHex } from 'ethers';
import { aggregate, argumentsOf } from '../support/batch.ts';
import type { Proved } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import {
  committedCircuit,
  normalForm,
  proveCommittedSum,
  sumCircuit,
  sumWitness,
} from '../support/circuits.ts';
import { inverse, mod, Q } from '../support/field.ts';
import { fuzzed } from '../support/fuzz.ts';
import { prove, setup } from '../support/groth16.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
const OTHER = { tau: 55_555n, alpha: 66_666n, beta: 77_777n };
const RUNS = fuzzed(25);

const KEYS = 8;

async function attacked() {
  const [attacker] = await ethers.getSigners();
  const registry = await ethers.deployContract('CircuitRegistry');
  const verifier = await ethers.deployContract('Groth16BatchVerifier', [await registry.getAddress()]);
  const keys = [
    setup(sumCircuit(3), PHASE1, 1001n),
    setup(sumCircuit(5), OTHER, 1002n),
    setup(committedCircuit(2), PHASE1, 1003n, 2003n),
    setup(committedCircuit(4), OTHER, 1004n, 2004n),
    // In normal form, so that most of their points are shared.
    setup(normalForm(sumCircuit(3)), PHASE1, 1005n),
    setup(normalForm(sumCircuit(4, 2n)), PHASE1, 1006n),
    setup(normalForm(committedCircuit(3)), PHASE1, 1007n, 2007n),
    setup(normalForm(sumCircuit(3), 128), PHASE1, 1008n),
  ];
  for (const { vk } of keys) await registry.registerCircuit(vk, ethers.id('setup'));
  const { chainId } = await ethers.provider.getNetwork();
  const submission = { chainId, market: attacker.address, settler: attacker.address };
  const proved = (circuit: number, salt: bigint): Proved => {
    const key = keys[circuit - 1];
    const signals = Array.from({ length: key.circuit.signals }, (_, i) => salt * 1000n + BigInt(i));
    const proof =
      key.circuit.committed === undefined
        ? prove(key, sumWitness(signals), salt + 5n, salt + 9n)
        : proveCommittedSum(key, signals, salt);
    return { circuit: BigInt(circuit), signals, proof };
  };
  const verify = (statements: readonly bigint[], bytes: string) =>
    verifier.verify(attacker.address, [...statements], bytes);
  const holds = (items: readonly Proved[]): Promise<boolean> =>
    verify(...argumentsOf(aggregate(items, submission))).then(
      () => true,
      () => false,
    );
  return { verifier, keys, submission, proved, verify, holds };
}

describe('attack: a batch with anything in it changed', () => {
  const fixture = () => networkHelpers.loadFixture(attacked);

  it('fails for every word of the statements and of the bytes, by one, by q, and to zero', async () => {
    const { submission, proved, verify } = await fixture();
    const batch = aggregate([proved(1, 1n), proved(3, 2n), proved(1, 3n), proved(2, 4n)], submission);
    const [statements, bytes] = argumentsOf(batch);
    await verify(statements, bytes);
    const size = ethers.dataLength(bytes) / 32;
    // Header, three circuits, three C*, four times A and B, a D and K*.
    expect(size).to.equal(1 + 3 + 6 + 24 + 2 + 2);
    const changes = [(word: bigint) => word + 1n, (word: bigint) => word + Q, () => 0n];
    for (let at = 0; at < size; at++) {
      const word = BigInt(dataSlice(bytes, 32 * at, 32 * at + 32));
      for (const change of changes) {
        const bad = concat([
          dataSlice(bytes, 0, 32 * at),
          toBeHex(change(word), 32),
          dataSlice(bytes, 32 * at + 32),
        ]);
        await expect(verify(statements, bad), `word ${at} of the bytes`).to.be.revert(ethers);
      }
    }
    for (const [at, word] of statements.entries()) {
      await expect(verify(statements.with(at, word + 1n), bytes), `word ${at}`).to.be.revert(ethers);
      await expect(verify(statements.with(at, 0n), bytes), `word ${at}`).to.be.revert(ethers);
    }
  });

  it('is told from a good one as single verification tells them: random sizes, circuits and one change', async () => {
    const { proved, holds } = await fixture();
    const part = fc.constantFrom('a', 'b', 'c', 'signal', 'circuit', 'd', 'k');
    const circuits = fc.array(fc.integer({ min: 1, max: KEYS }), { minLength: 1, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(
        circuits,
        part,
        fc.nat(),
        fc.bigInt(1n, 1n << 200n),
        async (order, what, where, by) => {
          const items = order.map((circuit, i) => proved(circuit, BigInt(i) + 1n));
          expect(await holds(items)).to.equal(true);
          const at = where % items.length;
          const item = items[at];
          const { proof } = item;
          // A plain proof has no D and K: something else of it is changed then.
          const which = proof.d === undefined && (what === 'd' || what === 'k') ? 'c' : what;
          const changed: Proved =
            which === 'signal'
              ? { ...item, signals: item.signals.with(0, mod(item.signals[0] + by)) }
              : which === 'circuit'
                ? { ...item, circuit: (item.circuit % BigInt(KEYS)) + 1n }
                : { ...item, proof: { ...proof, [which]: mod((proof[which] ?? 0n) + by) } };
          expect(await holds([changed]), 'alone').to.equal(false);
          expect(await holds(items.with(at, changed)), 'in the batch').to.equal(false);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('holds for a proof malleated as Groth16 allows, which pays the same prover, and for no other scaling', async () => {
    const { proved, holds } = await fixture();
    for (const item of [proved(1, 1n), proved(3, 2n)]) {
      const { a, b, c } = item.proof;
      const scaled = (r: bigint, sign = 1n) => ({
        ...item,
        proof: { ...item.proof, a: mod(r * a), b: mod(inverse(r) * b), c: mod(sign * c) },
      });
      // (rA, r⁻¹B, C): the same statement and tag, so the same prover.
      for (const r of [2n, 12_345n, -1n]) expect(await holds([scaled(mod(r)), proved(2, 3n)])).to.equal(true);
      expect(await holds([scaled(1n, -1n)])).to.equal(false);
      const half = { ...item, proof: { ...item.proof, a: mod(2n * a) } };
      expect(await holds([half])).to.equal(false);
    }
  });

  it('holds for no other key than that of its circuit, whichever of a proof are exchanged', async () => {
    const { proved, holds } = await fixture();
    const [one, two] = [proved(3, 1n), proved(3, 2n)];
    for (const parts of [
      ['a'],
      ['b'],
      ['c'],
      ['d'],
      ['k'],
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['d', 'k'],
    ] as const) {
      const swap = (to: Proved, from: Proved): Proved => ({
        ...to,
        proof: { ...to.proof, ...Object.fromEntries(parts.map((part) => [part, from.proof[part]])) },
      });
      expect(await holds([swap(one, two), swap(two, one)]), parts.join()).to.equal(false);
    }
    expect(await holds([one, two])).to.equal(true);
  });
});
