// Whoever knows ρ before the sums are fixed can have one equation's lack filled by another: the sums are chosen here for
// every ρ that would be drawn if it didn't depend on them, and the verifier, whose ρ does, takes none.
import { expect } from 'chai';
import { AbiCoder, keccak256 } from 'ethers';
import { aggregate, argumentsOf, challengesOf, hashWords, seedWordsOf } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { committedCircuit, proveCommittedSum, sumCircuit, sumWitness } from '../support/circuits.ts';
import { g1 } from '../support/curve.ts';
import { completedFalseSquare } from '../support/false-square.ts';
import { inverse, mod } from '../support/field.ts';
import { keyDigestOf, lookupChallenge, prove, setup } from '../support/groth16.ts';
import type { TrapdoorKey } from '../support/groth16.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
} from '../../../protocol/contracts/generated/index.ts';

const coder = AbiCoder.defaultAbiCoder();
const LOW_128 = (1n << 128n) - 1n;
const OF_K = (1n << 256n) - 1n;
const PHASE1 = { tau: 987_654_321n, alpha: 13_579n, beta: 24_680n };
const PLAIN = setup(sumCircuit(2), PHASE1, 1003n);

/** What ρ is drawn from when the seed is hashed with the hash of these words, with a word of zero, or with nothing. */
const rhoSeeds = (seed: string, words: readonly (readonly bigint[])[]): string[] => [
  seed,
  keccak256(coder.encode(['bytes32', 'uint256'], [seed, 0])),
  ...words.map((some) => keccak256(coder.encode(['bytes32', 'bytes32'], [seed, hashWords(some)]))),
];
const rhoOf = (rhoSeed: string, number: bigint): bigint =>
  BigInt(keccak256(coder.encode(['bytes32', 'uint256'], [rhoSeed, number]))) & LOW_128;

async function deployed(keys: readonly TrapdoorKey[]) {
  const [attacker] = await ethers.getSigners();
  const registry = await new CircuitRegistry__factory(attacker).deploy();
  const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(await registry.getAddress());
  for (const { vk } of keys) await registry.registerCircuit(vk, ethers.id('setup'));
  const { chainId } = await ethers.provider.getNetwork();
  const submission = { chainId, market: attacker.address, settler: attacker.address };
  const verify = (batch: Parameters<typeof argumentsOf>[0]) =>
    verifier.verify(attacker.address, ...argumentsOf(batch));
  const digests = keys.map((key) => BigInt(keyDigestOf(key)));
  return { verifier, submission, verify, digests };
}

/** What the check lacks when one statement is said and another was proved. */
function lackOf(key: TrapdoorKey, said: readonly bigint[], proved: readonly bigint[], d: bigint): bigint {
  const statement = (signals: readonly bigint[]): bigint => {
    const wires = [1n, ...signals, lookupChallenge(key, signals, d)];
    return wires.reduce((sum, wire, i) => sum + wire * key.ic[i], 0n);
  };
  return mod(statement(said) - statement(proved));
}

async function withTwoCircuits() {
  const attack = completedFalseSquare(PHASE1);
  return { ...attack, ...(await deployed([attack.square, attack.product])) };
}

async function withLookups() {
  const key = setup(committedCircuit(2), PHASE1, 1002n, 2002n);
  return { key, ...(await deployed([key, PLAIN])) };
}

describe('attack: sums chosen when ρ is known', () => {
  it('C*: another circuit’s columns complete a false statement under a ρ without C*, and not under the true one', async () => {
    const { verifier, submission, verify, digests, square, product, completion, items } =
      await networkHelpers.loadFixture(withTwoCircuits);
    const batch = aggregate(items, submission);
    const r = challengesOf(items, batch.proofs, submission);
    const own = mod(r[0] * items[0].proof.c);
    // What is in memory where the sums belong, from drawing the seed.
    const left = seedWordsOf(items, batch.proofs, submission);
    for (const rhoSeed of rhoSeeds(hashWords(left), [
      [...left.slice(0, 4), ...digests],
      digests,
      [0n, 0n, 0n, 0n, ...digests],
      [],
    ])) {
      const rho = rhoOf(rhoSeed, 0n);
      const other = mod(rho * r[1] * completion + r[2] * items[2].proof.c);
      // The last circuit's ρ is 1. Under this ρ the whole check would hold:
      const lack = items.reduce((sum, { circuit, signals: [signal], proof }, i) => {
        const { ic } = circuit === 1n ? square : product;
        const { alpha, beta } = PHASE1;
        const weight = circuit === 1n ? rho * r[i] : r[i];
        return sum + weight * (proof.a * proof.b - alpha * beta - ic[0] - signal * ic[1]);
      }, 0n);
      expect(mod(lack - rho * own * square.delta - other * product.delta)).to.equal(0n);
      await expect(verify({ ...batch, c: [g1(own), g1(other)] })).to.be.revertedWithCustomError(
        verifier,
        'ProofCheckFailed',
      );
    }
    await verify(aggregate([items[0], items[2]], submission));
  });

  it('K*: a changed signal is made good by K* under a ρ_K without K*, and not under the true one', async () => {
    const { verifier, submission, verify, digests, key } = await networkHelpers.loadFixture(withLookups);
    const honest = proveCommittedSum(key, [40n, 2n], 7n);
    await verify(aggregate([{ circuit: 1n, signals: [40n, 2n], proof: honest }], submission));

    const said = [41n, 2n];
    const item = { circuit: 1n, signals: said, proof: honest };
    const batch = aggregate([item], submission);
    const lack = lackOf(key, said, [40n, 2n], honest.d);
    const left = seedWordsOf([item], batch.proofs, submission, batch.commitments);
    const c = batch.c.flatMap(({ x, y }) => [x, y]);
    const [digest] = digests;
    for (const rhoSeed of rhoSeeds(hashWords(left), [
      [...c, ...left.slice(2, 4), digest],
      [digest],
      [...c, digest],
      [...c, 0n, 0n, digest],
      c,
      [],
    ])) {
      const rho = rhoOf(rhoSeed, OF_K);
      // Whichever side of the check K* is on.
      for (const sign of [1n, -1n]) {
        const k = mod(honest.k + sign * lack * inverse(rho));
        expect(mod(rho * (k - key.sigma * honest.d) - sign * lack)).to.equal(0n);
        await expect(verify({ ...batch, k: g1(k) })).to.be.revertedWithCustomError(
          verifier,
          'ProofCheckFailed',
        );
      }
    }
  });

  it('K*: makes good nothing of a circuit, whose ρ is another one', async () => {
    const { verifier, submission, verify, key } = await networkHelpers.loadFixture(withLookups);
    const honest = proveCommittedSum(key, [40n, 2n], 7n);
    const plain = { circuit: 2n, signals: [3n, 4n], proof: prove(PLAIN, sumWitness([3n, 4n])) };
    const items = [{ circuit: 1n, signals: [41n, 2n], proof: honest }, plain];
    const batch = aggregate(items, submission);
    const [r] = challengesOf(items, batch.proofs, submission, batch.commitments);
    const lack = lackOf(key, [41n, 2n], [40n, 2n], honest.d);
    for (const sign of [1n, -1n]) {
      await expect(
        verify({ ...batch, k: g1(mod(r * (honest.k + sign * lack))) }),
      ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
    }
    await verify(aggregate([{ ...items[0], signals: [40n, 2n] }, plain], submission));
  });
});
