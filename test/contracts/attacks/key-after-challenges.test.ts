import { expect } from 'chai';
import { AbiCoder, keccak256 } from 'ethers';
import { bytesOf, challengesOf, hashWords, seedOf, seedWordsOf } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { squareCircuit } from '../support/circuits.ts';
import { g1, g2 } from '../support/curve.ts';
import { FALSE_SQUARE } from '../support/false-square.ts';
import { inverse, mod } from '../support/field.ts';
import { keyDigestOf, setup } from '../support/groth16.ts';
import type { VerifyingKey } from '../support/groth16.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
  UnsafeBatchVerifier__factory,
} from '../../../protocol/contracts/generated/index.ts';

const coder = AbiCoder.defaultAbiCoder();
const LOW_128 = (1n << 128n) - 1n;
const PHASE1 = { tau: 987_654_321n, alpha: 13_579n, beta: 24_680n };
const INFINITY = { x: 0n, y: 0n };
const SUMS = [0n, 0n, 0n, 0n];
/** The attacker's own phase 1 and δ. */
const OWN = { alpha: 31n, beta: 37n, delta: 41n };

/**
 * Circuit numbers count up, so a batch can name a circuit that doesn't exist yet: the challenges are known before its key
 * is. Here the honest circuit's A and B are its α and β and all C* are infinity, which leaves −IC(5) too much; the next
 * key to be registered is made to have it. Only public points are used, no trapdoor.
 */
async function attacked() {
  const [attacker] = await ethers.getSigners();
  const registry = await new CircuitRegistry__factory(attacker).deploy();
  const address = await registry.getAddress();
  const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(address);
  const unsafe = await new UnsafeBatchVerifier__factory(attacker).deploy(address);
  const square = setup(squareCircuit, PHASE1, 777n);
  await registry.registerCircuit(square.vk, ethers.id('square'));

  const proofs = [
    { a: square.vk.alpha, b: square.vk.beta },
    { a: g1(OWN.alpha), b: g2(OWN.beta) },
  ];
  const aggregate = { circuits: [1n, 2n], c: [INFINITY, INFINITY] };
  /**
   * The key of circuit 2 that completes the batch when its one proof has this weight. With `shared` it has a point of the
   * honest key, so that the verifier adds up the factors of that one.
   */
  const completing = (weight: bigint, shared = false): VerifyingKey => {
    const tooMuch = mod(square.ic[0] + FALSE_SQUARE * square.ic[1]);
    const fitting = mod(-tooMuch * inverse(weight));
    return {
      alpha: g1(OWN.alpha),
      beta: g2(OWN.beta),
      gamma: g2(1n),
      delta: g2(OWN.delta),
      sigma: { x: [0n, 0n], y: [0n, 0n] },
      ic: shared ? [square.vk.ic[0], g1(mod(fitting - square.ic[0]))] : [g1(mod(fitting - 1n)), g1(1n)],
    };
  };
  return { attacker, registry, verifier, unsafe, square, proofs, aggregate, completing };
}

/** What ρ would be drawn from besides the seed: words that the attacker knows. All C* are infinity here. */
const DRAWN_FROM: Record<string, (known: bigint, seedWords: readonly bigint[]) => readonly bigint[]> = {
  sums: () => SUMS,
  'a part of the sums': () => SUMS.slice(0, 2),
  'the keys that were there before': (known) => [...SUMS, known],
  'as many words as keys': () => [...SUMS, 0n, 0n],
  // What is in memory there from drawing the seed.
  'what the seed was drawn from': (_, seedWords) => [...SUMS, ...seedWords.slice(4)],
  'the first key and a word for the next': (known) => [...SUMS, known, 0n],
};

describe('attack: a key registered to fit the challenges', () => {
  const fixture = () => networkHelpers.loadFixture(attacked);

  for (const shared of [false, true]) {
    const key = shared ? 'one with a point of the honest key' : 'one with points of its own';

    it(`succeeds where the challenges know circuits by their numbers alone: ${key}`, async () => {
      const { registry, unsafe, proofs, aggregate, completing } = await fixture();
      const items = proofs.map((points, i) => ({
        circuit: i + 1,
        signals: [i === 0 ? FALSE_SQUARE : 1n],
        points,
      }));
      const [, r] = await unsafe.coefficients(items);
      const drawn = coder.encode(['tuple(uint256 x, uint256 y)[]', 'uint256'], [aggregate.c, 1]);
      const rho = BigInt(keccak256(drawn)) & LOW_128;
      await registry.registerCircuit(completing(mod(r * rho), shared), ethers.id('own'));
      expect(await unsafe.verifyWithRho(items, aggregate.circuits, aggregate.c)).to.equal(true);
    });

    for (const [what, wordsOf] of Object.entries(DRAWN_FROM)) {
      it(`fails on the verifier, whose ρ depend on what is in the keys, and not on ${what} alone: ${key}`, async () => {
        const { attacker, registry, verifier, square, proofs, aggregate, completing } = await fixture();
        const { chainId } = await ethers.provider.getNetwork();
        const { address } = attacker;
        const items = [
          { circuit: 1n, signals: [FALSE_SQUARE] },
          { circuit: 2n, signals: [1n] },
        ];
        const submission = { chainId, market: address, settler: address };
        const [r] = challengesOf(items, proofs, submission);
        // ρ of the first circuit as it would be drawn from what there is before the key; the last circuit's is 1, and so
        // is the coefficient of its only proof.
        const words = wordsOf(BigInt(keyDigestOf(square)), seedWordsOf(items, proofs, submission));
        const seed = seedOf(items, proofs, submission);
        const rhoSeed = keccak256(coder.encode(['bytes32', 'bytes32'], [seed, hashWords(words)]));
        const rho = BigInt(keccak256(coder.encode(['bytes32', 'uint256'], [rhoSeed, 0]))) & LOW_128;
        await registry.registerCircuit(completing(inverse(r * rho), shared), ethers.id('own'));
        const statements = items.flatMap(({ circuit, signals }) => [circuit, ...signals]);
        await expect(
          verifier.verify(
            address,
            statements,
            bytesOf({ proofs, ...aggregate, commitments: [], k: INFINITY, externals: [] }),
          ),
        ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
      });
    }
  }
});
