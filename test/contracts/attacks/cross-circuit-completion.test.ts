import { expect } from 'chai';
import { aggregate, argumentsOf, challengesOf } from '../support/batch.ts';
import type { Batch } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { normalForm, squareCircuit, sumCircuit, sumWitness } from '../support/circuits.ts';
import { g1, g2 } from '../support/curve.ts';
import { completedFalseSquare, FALSE_SQUARE } from '../support/false-square.ts';
import { inverse, mod } from '../support/field.ts';
import { pointsOf, prove, setup } from '../support/groth16.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
  UnsafeBatchVerifier__factory,
} from '../../../protocol/contracts/generated/index.ts';

const PHASE1 = { tau: 987_654_321n, alpha: 13_579n, beta: 24_680n };

/** The phase 1 and δ of a key that the attacker makes itself. */
const OWN = { alpha: 31n, beta: 37n, delta: 41n };

async function attacked() {
  const [attacker] = await ethers.getSigners();
  const registry = await new CircuitRegistry__factory(attacker).deploy();
  const address = await registry.getAddress();
  const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(address);
  const unsafe = await new UnsafeBatchVerifier__factory(attacker).deploy(address);
  const { square, product, completion, items } = completedFalseSquare(PHASE1);
  await registry.registerCircuit(square.vk, ethers.id('square'));
  await registry.registerCircuit(product.vk, ethers.id('product'));
  /** C* of both circuits for the coefficients of the batch. */
  const sums = (r: readonly bigint[]) => [
    g1(r[0] * items[0].proof.c),
    g1(r[1] * completion + r[2] * items[2].proof.c),
  ];
  const unsafeItems = items.map(({ circuit, signals, proof }) => ({
    circuit,
    signals,
    points: pointsOf(proof),
  }));
  return { attacker, registry, verifier, unsafe, items, unsafeItems, sums };
}

describe('attack: a false statement completed with the columns of another circuit of the same phase 1', () => {
  const fixture = () => networkHelpers.loadFixture(attacked);

  it('succeeds where all keys share one equation', async () => {
    const { unsafe, unsafeItems, sums } = await fixture();
    const r = await unsafe.coefficients(unsafeItems);
    expect(await unsafe.verifyWithoutRho(unsafeItems, [1, 2], sums(r))).to.equal(true);
  });

  it('fails as soon as ρ is drawn after all C*', async () => {
    const { unsafe, unsafeItems, sums } = await fixture();
    const r = await unsafe.coefficients(unsafeItems);
    expect(await unsafe.verifyWithRho(unsafeItems, [1, 2], sums(r))).to.equal(false);
  });

  it('fails on the verifier for two of three circuits too: no two have one ρ', async () => {
    const { attacker, registry, verifier, items, sums } = await fixture();
    const sum = setup(sumCircuit(2), PHASE1, 999n);
    await registry.registerCircuit(sum.vk, ethers.id('sum'));
    const third = { circuit: 3n, signals: [3n, 4n], proof: prove(sum, sumWitness([3n, 4n])) };
    const { chainId } = await ethers.provider.getNetwork();
    const submission = { chainId, market: attacker.address, settler: attacker.address };
    const verify = (batch: Batch) => verifier.verify(attacker.address, ...argumentsOf(batch));
    const honest = [items[0], items[2], third];
    await verify(aggregate(honest, submission));
    const batch = aggregate([...items, third], submission);
    const r = challengesOf([...items, third], batch.proofs, submission);
    await expect(
      verify({ ...batch, c: [...sums(r), g1(r[3] * third.proof.c)] }),
    ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
  });

  it('fails on the verifier', async () => {
    const { attacker, verifier, items, sums } = await fixture();
    const { chainId } = await ethers.provider.getNetwork();
    const submission = { chainId, market: attacker.address, settler: attacker.address };
    const batch = aggregate(items, submission);
    const r = await verifier.challenges(attacker.address, attacker.address, ...argumentsOf(batch));
    await expect(
      verifier.verify(attacker.address, ...argumentsOf({ ...batch, c: sums(r) })),
    ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
    // The same batch without the forged item passes: nothing else is wrong with it.
    const honest = aggregate([items[0], items[2]], submission);
    await verifier.verify(attacker.address, ...argumentsOf(honest));
  });
});

async function attackedByOwnKey() {
  const [attacker] = await ethers.getSigners();
  const registry = await new CircuitRegistry__factory(attacker).deploy();
  const address = await registry.getAddress();
  const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(address);
  const unsafe = await new UnsafeBatchVerifier__factory(attacker).deploy(address);
  const square = setup(normalForm(squareCircuit), PHASE1, 777n);
  const { vk } = square;
  await registry.registerCircuit(vk, ethers.id('square'));
  // All of its points are public: ic is the honest key's, and the rest is the attacker's own.
  const own = { ...vk, alpha: g1(OWN.alpha), beta: g2(OWN.beta), delta: g2(OWN.delta) };
  await registry.registerCircuit(own, ethers.id('own'));

  /*
   * A = α and B = β leave −IC(5) too much under the honest key. Under the own key a proof of any statement has too little
   * by as much as one likes: A = α', B = β', and C is a multiple of IC's points, by 1/δ'.
   */
  const items = [
    { circuit: 1n, signals: [FALSE_SQUARE], proof: { a: PHASE1.alpha, b: PHASE1.beta, c: 0n } },
    { circuit: 2n, signals: [1n], proof: { a: OWN.alpha, b: OWN.beta, c: 0n } },
  ];
  const [one, z] = square.ic;
  /** C* of both circuits that complete the batch when all keys share one equation. */
  const sums = ([r0, r1]: readonly bigint[]) => [
    { x: 0n, y: 0n },
    g1(mod(-(r0 * (one + FALSE_SQUARE * z) + r1 * (one + z)) * inverse(OWN.delta))),
  ];
  const unsafeItems = items.map(({ circuit, signals, proof }) => ({
    circuit,
    signals,
    points: pointsOf(proof),
  }));
  return { attacker, verifier, unsafe, items, unsafeItems, sums };
}

describe("attack: a false statement completed by an own key that has the honest key's ic", () => {
  const fixture = () => networkHelpers.loadFixture(attackedByOwnKey);

  it('succeeds where all keys share one equation, and fails as soon as ρ is drawn after all C*', async () => {
    const { unsafe, unsafeItems, sums } = await fixture();
    const c = sums(await unsafe.coefficients(unsafeItems));
    expect(await unsafe.verifyWithoutRho(unsafeItems, [1, 2], c)).to.equal(true);
    expect(await unsafe.verifyWithRho(unsafeItems, [1, 2], c)).to.equal(false);
  });

  it('fails on the verifier, though it adds up the factors of the points that the keys share', async () => {
    const { attacker, verifier, items, sums } = await fixture();
    const { chainId } = await ethers.provider.getNetwork();
    const submission = { chainId, market: attacker.address, settler: attacker.address };
    const batch = aggregate(items, submission);
    const r = await verifier.challenges(attacker.address, attacker.address, ...argumentsOf(batch));
    await expect(
      verifier.verify(attacker.address, ...argumentsOf({ ...batch, c: sums(r) })),
    ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
    // What the own key says alone is no more than it always was: whoever made it proves anything under it.
    const alone = aggregate([items[1]], submission);
    const [r1] = await verifier.challenges(attacker.address, attacker.address, ...argumentsOf(alone));
    await verifier.verify(attacker.address, ...argumentsOf({ ...alone, c: [sums([0n, r1])[1]] }));
  });
});
