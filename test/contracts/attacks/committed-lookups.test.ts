import { expect } from 'chai';
import { aggregate, argumentsOf, challengesOf } from '../support/batch.ts';
import type { Batch, Proved } from '../support/batch.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { committedCircuit, proveCommittedSum } from '../support/circuits.ts';
import { g1 } from '../support/curve.ts';
import { FALSE_SQUARE } from '../support/false-square.ts';
import { inverse, mod } from '../support/field.ts';
import { lookupChallenge, pointsOf, proveCommitted, setup } from '../support/groth16.ts';
import type { Circuit, ScalarProof, TrapdoorKey } from '../support/groth16.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
  UncheckedCircuitRegistry__factory,
  UnsafeBatchVerifier__factory,
} from '../../../protocol/contracts/generated/index.ts';

const PHASE1 = { tau: 987_654_321n, alpha: 13_579n, beta: 24_680n };

/** x·x = z for a public z; X·c = p for a committed c. Wires: one, z, X, c, p, x. */
const committedSquare: Circuit = {
  wires: 6,
  signals: 1,
  committed: 1,
  constraints: [
    [{ 5: 1n }, { 5: 1n }, { 1: 1n }],
    [{ 2: 1n }, { 3: 1n }, { 4: 1n }],
  ],
};
/** p·q = s for a public s and committed factors. Wires: one, s, X, p, q. */
const committedProduct: Circuit = {
  wires: 5,
  signals: 1,
  committed: 2,
  constraints: [
    [{ 3: 1n }, { 4: 1n }, { 1: 1n }],
    [{ 2: 1n }, {}, {}],
  ],
};

/**
 * "5 is a square", with this D and whatever A and C it takes: those of an honest prover whose c and p are zero and whose
 * roots are 1 and 5, so that the square's own columns are missing. D has to bring them, or take the public ones away.
 */
function completeFalseSquare(key: TrapdoorKey, d: bigint): ScalarProof {
  const x = lookupChallenge(key, [FALSE_SQUARE], d);
  const { alpha, beta } = key.phase1;
  const [one, z, challenge, , , root] = key.u;
  const a = mod(one + FALSE_SQUARE * z + x * challenge + root);
  const b = mod(FALSE_SQUARE * root);
  const quotient = mod(a * b - FALSE_SQUARE * key.w[1]);
  return { a: mod(alpha + a), b: mod(beta + b), c: mod(quotient * inverse(key.delta)), d };
}

/** A false statement of which D takes the public part away: A, B and D are made of public points. */
function cancelPublicPart(key: TrapdoorKey): ScalarProof & { readonly d: bigint } {
  const d = mod(-(key.ic[0] + FALSE_SQUARE * key.ic[1]));
  const x = lookupChallenge(key, [FALSE_SQUARE], d);
  return { a: mod(PHASE1.alpha + x * key.u[2]), b: PHASE1.beta, c: 0n, d };
}

async function attacked() {
  const [attacker] = await ethers.getSigners();
  const registry = await new CircuitRegistry__factory(attacker).deploy();
  const address = await registry.getAddress();
  const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(address);
  const unsafe = await new UnsafeBatchVerifier__factory(attacker).deploy(address);
  const keys = [
    setup(committedSquare, PHASE1, 777n, 1777n),
    setup(committedProduct, PHASE1, 888n, 1888n),
    setup(committedCircuit(3), PHASE1, 999n, 1999n),
    // Two setups that share one σ.
    setup(committedSquare, PHASE1, 778n, 4321n),
    setup(committedProduct, PHASE1, 889n, 4321n),
  ];
  for (const { vk } of keys) await registry.registerCircuit(vk, ethers.id('setup'));
  const { chainId } = await ethers.provider.getNetwork();
  const submission = { chainId, market: attacker.address, settler: attacker.address };
  const verify = (batch: Batch) => verifier.verify(attacker.address, ...argumentsOf(batch));
  const refused = (batch: Batch, what: string) =>
    expect(verify(batch), what).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
  /** A true statement of circuit 3. */
  const honest = (salt: bigint): Proved => {
    const signals = [1n, 2n, 3n].map((i) => i * 1000n + salt);
    return { circuit: 3n, signals, proof: proveCommittedSum(keys[2], signals, salt) };
  };
  return { attacker, verifier, unsafe, keys, submission, verify, refused, honest };
}

describe('attack: a commitment D that takes the public part of a false statement away', () => {
  const fixture = () => networkHelpers.loadFixture(attacked);

  it('succeeds where K is not asked for', async () => {
    const { unsafe, keys } = await fixture();
    const forged = cancelPublicPart(keys[0]);
    const item = { circuit: 1, signals: [FALSE_SQUARE], points: pointsOf(forged) };
    expect(await unsafe.verifyWithoutKnowledge(item, g1(forged.c), g1(forged.d))).to.equal(true);
    const true_ = proveCommitted(keys[0], [9n], [4n], (x) => [4n * x, 3n]);
    const good = { circuit: 1, signals: [9n], points: pointsOf(true_) };
    expect(await unsafe.verifyWithoutKnowledge(good, g1(true_.c), g1(true_.d))).to.equal(true);
    expect(
      await unsafe.verifyWithoutKnowledge({ ...good, signals: [8n] }, g1(true_.c), g1(true_.d)),
    ).to.equal(false);
  });

  it('fails on the verifier, whatever K* is made of public points', async () => {
    const { keys, submission, refused, honest } = await fixture();
    const forged = cancelPublicPart(keys[0]);
    const [committed] = keys[0].d;
    for (const k of [0n, 1n, forged.d, mod(-forged.d), mod(keys[0].sigma * committed)]) {
      const item = { circuit: 1n, signals: [FALSE_SQUARE], proof: { ...forged, k } };
      await refused(aggregate([item], submission), `K of ${k}`);
      await refused(aggregate([honest(7n), item], submission), `K of ${k} among others`);
    }
  });

  it('succeeds with a σ that is the generator, where such a key is taken', async () => {
    const { attacker, submission } = await fixture();
    const unchecked = await new UncheckedCircuitRegistry__factory(attacker).deploy();
    const verifier = await new Groth16BatchVerifier__factory(attacker).deploy(await unchecked.getAddress());
    const key = setup(committedSquare, PHASE1, 777n, 1n);
    await unchecked.registerCircuit(key.vk);
    const forged = cancelPublicPart(key);
    const item = { circuit: 1n, signals: [FALSE_SQUARE], proof: { ...forged, k: forged.d } };
    await verifier.verify(attacker.address, ...argumentsOf(aggregate([item], submission)));
    // The registry refuses it: see CircuitRegistry.test.ts.
  });
});

describe("attack: a false statement completed with another circuit's committed columns, through D", () => {
  const fixture = () => networkHelpers.loadFixture(attacked);
  /** The product circuit's p and q, as one D for the square circuit. */
  const columnsOf = (product: TrapdoorKey) => mod(product.d[0] + FALSE_SQUARE * product.d[1]);

  it('succeeds where two circuits share one σ: each setup has to draw its own', async () => {
    const { keys, submission, verify } = await fixture();
    const [, , , square, product] = keys;
    const proof = completeFalseSquare(square, columnsOf(product));
    const k = mod(product.sigma * columnsOf(product));
    await verify(aggregate([{ circuit: 4n, signals: [FALSE_SQUARE], proof: { ...proof, k } }], submission));
  });

  it('fails where each circuit has its own σ, alone and beside an honest proof of the other', async () => {
    const { keys, submission, refused, verify } = await fixture();
    const [square, product] = keys;
    const proof = completeFalseSquare(square, columnsOf(product));
    const k = mod(product.sigma * columnsOf(product));
    const forged = { circuit: 1n, signals: [FALSE_SQUARE], proof: { ...proof, k } };
    const honest = { circuit: 2n, signals: [15n], proof: proveCommitted(product, [15n], [3n, 5n], () => []) };
    await refused(aggregate([forged], submission), 'alone');
    await refused(aggregate([forged, honest], submission), 'before');
    await refused(aggregate([honest, forged], submission), 'behind');
    await verify(aggregate([honest], submission));
  });
});

describe('attack: commitments and their proofs of knowledge put together anew', () => {
  const fixture = () => networkHelpers.loadFixture(attacked);

  it('a D of another statement, of another proof, or of nothing proves nothing', async () => {
    const { submission, refused, honest } = await fixture();
    const [one, two] = [honest(11n), honest(12n)];
    const points = ({ proof: { d, k } }: Proved) => ({ d, k });
    // Replayed with its K, in a proof of the same circuit.
    await refused(aggregate([{ ...one, proof: { ...one.proof, ...points(two) } }], submission), 'replayed');
    await refused(
      aggregate(
        [
          { ...one, proof: { ...one.proof, ...points(two) } },
          { ...two, proof: { ...two.proof, ...points(one) } },
        ],
        submission,
      ),
      'exchanged',
    );
    // A whole proof, for another statement: X is drawn anew.
    const signals = one.signals.with(0, one.signals[0] + 1n);
    await refused(aggregate([{ ...one, signals }], submission), 'another statement');
    await refused(aggregate([{ ...one, proof: { ...one.proof, d: 0n, k: 0n } }], submission), 'nothing');
  });

  it("K* of another batch, of another settler, or of the proofs' K without their coefficients fails", async () => {
    const { attacker, verifier, submission, refused, verify, honest } = await fixture();
    const items = [honest(11n), honest(12n), honest(13n)];
    const good = aggregate(items, submission);
    await verify(good);
    await refused(
      { ...good, k: aggregate([honest(14n), honest(12n), honest(13n)], submission).k },
      'another',
    );
    const settler = ethers.Wallet.createRandom().address;
    await refused({ ...good, k: aggregate(items, { ...submission, settler }).k }, 'another settler');
    const sum = items.reduce((total, { proof }) => total + (proof.k ?? 0n), 0n);
    await refused({ ...good, k: g1(sum) }, 'plain sum');
    await refused({ ...good, k: { x: 0n, y: 0n } }, 'infinity');
    // None at all: the bytes are too short then.
    const bytes = argumentsOf(good)[1];
    await expect(
      verifier.verify(
        attacker.address,
        good.statements,
        ethers.dataSlice(bytes, 0, ethers.dataLength(bytes) - 64),
      ),
    ).to.be.revertedWithCustomError(verifier, 'MalformedProofs');
  });

  it('errors in two proofs that cancel each other in K* are told apart by the coefficients', async () => {
    const { keys, submission, refused, honest } = await fixture();
    const items = [honest(11n), honest(12n), honest(13n)];
    // Each D is off by a point, and C takes that back, so that each pairing equation but σ's holds.
    const off = items.map((item, i): Proved => {
      const by = i === 0 ? 5n : i === 1 ? -5n : 0n;
      const d = mod((item.proof.d ?? 0n) + by * keys[2].delta);
      return { ...item, proof: { ...item.proof, d } };
    });
    const batch = aggregate(off, submission);
    const r = challengesOf(off, batch.proofs, submission, batch.commitments);
    expect(r[0]).not.to.equal(r[1]);
    await refused(batch, 'cancelling');
  });

  it('a commitment too many, too few, or off the curve is named', async () => {
    const { verifier, submission, verify, honest } = await fixture();
    const good = aggregate([honest(11n), honest(12n)], submission);
    for (const commitments of [[...good.commitments, g1(3n)], good.commitments.slice(1)]) {
      await expect(verify({ ...good, commitments }))
        .to.be.revertedWithCustomError(verifier, 'CommitmentCountMismatch')
        .withArgs(commitments.length);
    }
    await expect(verify({ ...good, commitments: [] })).to.be.revertedWithCustomError(
      verifier,
      'CommitmentCountMismatch',
    );
    // Two proofs of one circuit: A, A, C*, D, D, K*.
    for (const position of [0, 1]) {
      const commitments = good.commitments.with(position, { x: 1n, y: 1n });
      await expect(verify({ ...good, commitments }))
        .to.be.revertedWithCustomError(verifier, 'PointNotOnCurve')
        .withArgs(3 + position);
    }
    await expect(verify({ ...good, k: { x: 1n, y: 1n } }))
      .to.be.revertedWithCustomError(verifier, 'PointNotOnCurve')
      .withArgs(5);
  });
});
