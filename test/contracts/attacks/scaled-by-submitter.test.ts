import { expect } from 'chai';
import { aggregate, argumentsOf } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { squareCircuit } from '../support/circuits.ts';
import { g1, g2 } from '../support/curve.ts';
import { inverse, mod } from '../support/field.ts';
import { prove, setup } from '../support/groth16.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
  UnsafeBatchVerifier__factory,
} from '../../../protocol/contracts/generated/index.ts';

const PHASE1 = { tau: 987_654_321n, alpha: 13_579n, beta: 24_680n };
/** Neither has a square root modulo r. */
const FALSE_SQUARES = [5n, 20n] as const;
/** What the forger can prove. */
const TRUE_SQUARES = [9n, 16n] as const;

async function attacked() {
  const [attacker] = await ethers.getSigners();
  const registry = await new CircuitRegistry__factory(attacker).deploy();
  const address = await registry.getAddress();
  const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(address);
  const unsafe = await new UnsafeBatchVerifier__factory(attacker).deploy(address);
  const square = setup(squareCircuit, PHASE1, 777n);
  await registry.registerCircuit(square.vk, ethers.id('square'));
  const proofs = [prove(square, [1n, 9n, 3n]), prove(square, [1n, 16n, 4n])];

  /**
   * Weights m of the true proofs with the same total and the same weighted mean as the false statements have under r:
   * Σ m = Σ r and Σ m·y = Σ r·z. The signals enter the equation through their weighted sum alone.
   */
  function weights(r: readonly bigint[]): [bigint, bigint] {
    const total = r[0] + r[1];
    const wanted = r[0] * FALSE_SQUARES[0] + r[1] * FALSE_SQUARES[1];
    const [y0, y1] = TRUE_SQUARES;
    const second = mod((wanted - y0 * total) * inverse(mod(y1 - y0)));
    return [mod(total - second), second];
  }
  return { attacker, verifier, unsafe, proofs, weights };
}

describe('attack: A scaled by the submitter, two false statements with a true weighted mean', () => {
  const fixture = () => networkHelpers.loadFixture(attacked);

  it('succeeds where the submitter brings A multiplied already', async () => {
    const { unsafe, proofs, weights } = await fixture();
    const itemsWith = (a: readonly bigint[]) =>
      proofs.map(({ b }, i) => ({
        circuit: 1n,
        signals: [FALSE_SQUARES[i]],
        points: { a: g1(a[i]), b: g2(b) },
      }));
    const r = await unsafe.coefficientsWithoutA(itemsWith([1n, 1n]));
    const m = weights(r);
    const items = itemsWith(proofs.map(({ a }, i) => mod(m[i] * a)));
    const c = g1(mod(m[0] * proofs[0].c + m[1] * proofs[1].c));
    expect(await unsafe.verifyScaledBySubmitter(items, [1], [c])).to.equal(true);
  });

  it('fails on the verifier, which multiplies A itself after drawing the coefficients from it', async () => {
    const { attacker, verifier, proofs, weights } = await fixture();
    const { chainId } = await ethers.provider.getNetwork();
    const submission = { chainId, market: attacker.address, settler: attacker.address };
    const items = proofs.map((proof, i) => ({ circuit: 1n, signals: [FALSE_SQUARES[i]], proof }));
    const first = aggregate(items, submission);
    const r = await verifier.challenges(attacker.address, attacker.address, ...argumentsOf(first));
    const m = weights(r);
    // A is fixed by the seed, so the weights have to go into it as m/r before r is known: whatever r they were
    // reckoned for, another one is drawn for them.
    const scaled = items.map((item, i) => ({
      ...item,
      proof: {
        ...item.proof,
        a: mod(m[i] * inverse(r[i]) * item.proof.a),
        c: mod(m[i] * inverse(r[i]) * item.proof.c),
      },
    }));
    const batch = aggregate(scaled, submission);
    await expect(verifier.verify(attacker.address, ...argumentsOf(batch))).to.be.revertedWithCustomError(
      verifier,
      'ProofCheckFailed',
    );
    // The true statements pass with the same A and B.
    const honest = aggregate(
      proofs.map((proof, i) => ({ circuit: 1n, signals: [TRUE_SQUARES[i]], proof })),
      submission,
    );
    await verifier.verify(attacker.address, ...argumentsOf(honest));
  });
});
