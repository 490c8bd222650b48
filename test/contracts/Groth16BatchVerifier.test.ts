import { expect } from 'chai';
import { groth16 } from 'snarkjs';
import { g1, g2 } from './support/curve.ts';
import { ethers, networkHelpers } from './support/chain.ts';
import { aggregate, argumentsOf, bytesOf, challengesOf } from './support/batch.ts';
import type { Batch, Proved } from './support/batch.ts';
import { productCircuit, squareCircuit, sumCircuit, sumWitness } from './support/circuits.ts';
import { Q, R } from './support/field.ts';
import { prove, setup, snarkjsKey, snarkjsProof } from './support/groth16.ts';
import type { TrapdoorKey } from './support/groth16.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };
const OTHER_PHASE1 = { tau: 55_555n, alpha: 66_666n, beta: 77_777n };
const DIGEST = ethers.id('setup');

async function deployed() {
  const [settler, other] = await ethers.getSigners();
  const registry = await ethers.deployContract('CircuitRegistry');
  const verifier = await ethers.deployContract('Groth16BatchVerifier', [await registry.getAddress()]);
  const keys: TrapdoorKey[] = [
    setup(sumCircuit(3), PHASE1, 1001n),
    setup(sumCircuit(4), PHASE1, 1002n),
    setup(sumCircuit(12), OTHER_PHASE1, 1003n),
  ];
  for (const { vk } of keys) await registry.registerCircuit(vk, DIGEST);
  const { chainId } = await ethers.provider.getNetwork();
  const submission = { chainId, market: settler.address, settler: settler.address };

  /** A proof of random-looking signals under the key of circuit `number`. */
  function proved(number: number, salt: bigint): Proved {
    const key = keys[number - 1];
    const signals = Array.from({ length: key.circuit.signals }, (_, i) => salt * 1000n + BigInt(i));
    return { circuit: BigInt(number), signals, proof: prove(key, sumWitness(signals), salt + 5n, salt + 9n) };
  }
  return { registry, verifier, keys, submission, proved, settler, other };
}

describe('Groth16BatchVerifier', () => {
  const fixture = () => networkHelpers.loadFixture(deployed);

  // snarkjs keeps its worker threads, and with them the process, until its curve is terminated.
  after(async () => {
    const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } };
    await curve?.terminate();
  });

  it('is tested with proofs that snarkjs accepts too', async () => {
    const { keys, proved } = await fixture();
    for (const number of [1, 2, 3]) {
      const { signals, proof } = proved(number, 7n);
      const accepted = await groth16.verify(
        snarkjsKey(keys[number - 1]),
        signals.map(String),
        snarkjsProof(proof),
      );
      expect(accepted).to.equal(true);
    }
    const square = setup(squareCircuit, PHASE1, 99n);
    expect(
      await groth16.verify(snarkjsKey(square), ['9'], snarkjsProof(prove(square, [1n, 9n, 3n]))),
    ).to.equal(true);
    expect(
      await groth16.verify(snarkjsKey(square), ['8'], snarkjsProof(prove(square, [1n, 9n, 3n]))),
    ).to.equal(false);
  });

  it('takes one proof', async () => {
    const { verifier, proved, submission } = await fixture();
    const batch = aggregate([proved(1, 1n)], submission);
    await verifier.verify(submission.settler, ...argumentsOf(batch));
  });

  it('takes any mix of circuits, in any order, of one phase 1 or several', async () => {
    const { verifier, proved, submission } = await fixture();
    for (const order of [[1, 1], [2, 1], [1, 2, 1, 2], [3, 1, 2, 3, 3, 1], [2, 3], [3]]) {
      const items = order.map((number, i) => proved(number, BigInt(i + 1)));
      const batch = aggregate(items, submission);
      await verifier.verify(submission.settler, ...argumentsOf(batch));
    }
  });

  it('hands out the coefficients that it uses', async () => {
    const { verifier, proved, submission, other } = await fixture();
    const items = [proved(1, 1n), proved(2, 2n), proved(1, 3n)];
    const batch = aggregate(items, submission);
    const market = other.address;
    expect(await verifier.challenges(market, submission.settler, ...argumentsOf(batch))).to.deep.equal(
      challengesOf(items, batch.proofs, { ...submission, market }),
    );
  });

  it('refuses another submitter, or another settler named by the same submitter', async () => {
    const { verifier, proved, submission, other } = await fixture();
    const batch = aggregate([proved(1, 1n), proved(1, 2n)], submission);
    await expect(
      verifier.connect(other).verify(submission.settler, ...argumentsOf(batch)),
    ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
    await expect(verifier.verify(other.address, ...argumentsOf(batch))).to.be.revertedWithCustomError(
      verifier,
      'ProofCheckFailed',
    );
  });

  it('refuses a batch in which any single word is changed', async () => {
    const { verifier, proved, submission } = await fixture();
    const good = aggregate([proved(1, 1n), proved(2, 2n)], submission);
    const variants: [string, (batch: Batch) => void][] = [];
    for (let i = 1; i < good.statements.length; i++) {
      // The circuit numbers have errors of their own.
      if (i === 4) continue;
      variants.push([`signal word ${i}`, (batch) => (batch.statements[i] += 1n)]);
    }
    for (let i = 0; i < 2; i++) {
      variants.push([`A ${i}`, (batch) => (batch.proofs[i] = { ...batch.proofs[i], a: g1(5n) })]);
      variants.push([`B ${i}`, (batch) => (batch.proofs[i] = { ...batch.proofs[i], b: g2(5n) })]);
      variants.push([`C ${i}`, (batch) => (batch.c[i] = g1(5n))]);
      variants.push([
        `−A ${i}`,
        (batch) => {
          const { a, b } = batch.proofs[i];
          batch.proofs[i] = { a: { x: a.x, y: Q - a.y }, b };
        },
      ]);
    }
    for (const [name, change] of variants) {
      const bad = structuredClone(good);
      change(bad);
      await expect(
        verifier.verify(submission.settler, ...argumentsOf(bad)),
        name,
      ).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
    }
  });

  it('refuses one bad proof among many', async () => {
    const { verifier, proved, submission } = await fixture();
    for (const bad of [0, 7, 15]) {
      const items = Array.from({ length: 16 }, (_, i) => proved(1, BigInt(i + 1)));
      items[bad] = { ...items[bad], proof: { ...items[bad].proof, c: items[bad].proof.c + 1n } };
      const batch = aggregate(items, submission);
      await expect(verifier.verify(submission.settler, ...argumentsOf(batch))).to.be.revertedWithCustomError(
        verifier,
        'ProofCheckFailed',
      );
    }
  });

  it("refuses a proof under another circuit's key", async () => {
    const { verifier, registry, proved, submission } = await fixture();
    await registry.registerCircuit(setup(sumCircuit(3), PHASE1, 4711n).vk, DIGEST);
    const batch = aggregate([{ ...proved(1, 1n), circuit: 4n }], submission);
    await expect(verifier.verify(submission.settler, ...argumentsOf(batch))).to.be.revertedWithCustomError(
      verifier,
      'ProofCheckFailed',
    );
  });

  it('refuses an empty batch', async () => {
    const { verifier, submission } = await fixture();
    await expect(verifier.verify(submission.settler, [], ethers.ZeroHash)).to.be.revertedWithCustomError(
      verifier,
      'EmptyBatch',
    );
  });

  it('refuses circuits that nobody registered', async () => {
    const { verifier, proved, submission } = await fixture();
    for (const circuit of [0n, 4n, 127n, 128n, 256n, 1n << 64n]) {
      const batch = aggregate([{ ...proved(1, 1n), circuit }], submission);
      await expect(verifier.verify(submission.settler, ...argumentsOf(batch)))
        .to.be.revertedWithCustomError(verifier, 'CircuitNotRegistered')
        .withArgs(circuit);
    }
  });

  it('refuses a key listed twice, out of order, without a proof, or not at all', async () => {
    const { verifier, proved, submission } = await fixture();
    const batch = aggregate([proved(1, 1n), proved(2, 2n)], submission);
    const verify = (circuits: bigint[], c: { x: bigint; y: bigint }[]) =>
      verifier.verify(submission.settler, ...argumentsOf({ ...batch, circuits, c }));
    const [c0, c1] = batch.c;
    await expect(verify([1n, 1n, 2n], [c0, c0, c1]))
      .to.be.revertedWithCustomError(verifier, 'CircuitsNotAscending')
      .withArgs(1);
    await expect(verify([2n, 1n], [c1, c0]))
      .to.be.revertedWithCustomError(verifier, 'CircuitsNotAscending')
      .withArgs(1);
    await expect(verify([1n, 2n, 3n], [c0, c1, g1(1n)]))
      .to.be.revertedWithCustomError(verifier, 'CircuitWithoutProof')
      .withArgs(3);
    await expect(verify([1n], [c0]))
      .to.be.revertedWithCustomError(verifier, 'CircuitNotListed')
      .withArgs(2);
    await expect(verify([], [])).to.be.revertedWithCustomError(verifier, 'CircuitNotListed').withArgs(1);
  });

  it('refuses statements that end early, late, or are fewer than proofs', async () => {
    const { verifier, proved, submission } = await fixture();
    const batch = aggregate([proved(1, 1n), proved(1, 2n)], submission);
    const { statements } = batch;
    for (const words of [statements.slice(0, -1), [...statements, 0n], statements.slice(0, 4)]) {
      await expect(verifier.verify(submission.settler, words, bytesOf(batch)))
        .to.be.revertedWithCustomError(verifier, 'StatementLengthMismatch')
        .withArgs(words.length, 2);
    }
  });

  it('refuses the order itself in the place of a zero, at every position', async () => {
    const { verifier, keys, submission } = await fixture();
    for (const [k, count] of [
      [0, 3],
      [1, 4],
    ]) {
      for (let position = 0; position < count; position++) {
        const signals = Array.from({ length: count }, (_, i): bigint => (i === position ? 0n : 7n));
        const proof = prove(keys[k], sumWitness(signals));
        const circuit = BigInt(k + 1);
        await verifier.verify(
          submission.settler,
          ...argumentsOf(aggregate([{ circuit, signals, proof }], submission)),
        );
        const alias = aggregate([{ circuit, signals: signals.with(position, R), proof }], submission);
        await expect(verifier.verify(submission.settler, ...argumentsOf(alias)))
          .to.be.revertedWithCustomError(verifier, 'SignalOutOfRange')
          .withArgs(position + 1, R);
      }
    }
  });

  it('names the word that is wrong in a batch of several circuits, wherever it stands', async () => {
    const { verifier, proved, submission } = await fixture();
    const good = aggregate([proved(1, 1n), proved(2, 2n), proved(2, 3n), proved(1, 4n)], submission);
    // Each statement: its circuit, then its signals.
    const circuits = [0, 4, 9, 14];
    for (const position of good.statements.keys()) {
      const circuit = circuits.includes(position);
      const statements = good.statements.with(position, circuit ? 99n : R);
      const refused = expect(verifier.verify(submission.settler, ...argumentsOf({ ...good, statements })));
      if (circuit) {
        await refused.to.be.revertedWithCustomError(verifier, 'CircuitNotListed').withArgs(99);
      } else {
        await refused.to.be.revertedWithCustomError(verifier, 'SignalOutOfRange').withArgs(position, R);
      }
    }
  });

  it('refuses a signal that is not below r, though it stands for a true statement', async () => {
    const { verifier, proved, submission } = await fixture();
    const item = proved(1, 1n);
    for (const [position, signals] of [
      [1, [item.signals[0] + R, item.signals[1], item.signals[2]]],
      [3, [item.signals[0], item.signals[1], item.signals[2] + R]],
    ] as const) {
      const batch = aggregate([{ ...item, signals }], submission);
      await expect(verifier.verify(submission.settler, ...argumentsOf(batch)))
        .to.be.revertedWithCustomError(verifier, 'SignalOutOfRange')
        .withArgs(position, signals[position - 1]);
    }
  });

  it('takes the largest signal', async () => {
    const { verifier, keys, submission } = await fixture();
    const signals = [R - 1n, R - 1n, R - 1n];
    const item = { circuit: 1n, signals, proof: prove(keys[0], sumWitness(signals)) };
    const batch = aggregate([item], submission);
    await verifier.verify(submission.settler, ...argumentsOf(batch));
  });

  it('refuses points off the curve and coordinates that are not canonical', async () => {
    const { verifier, proved, submission } = await fixture();
    const good = aggregate([proved(1, 1n), proved(1, 2n), proved(2, 3n)], submission);
    const verify = (proofs: Batch['proofs'], c: Batch['c']) =>
      verifier.verify(submission.settler, ...argumentsOf({ ...good, proofs, c }));
    const withA = (i: number, a: { x: bigint; y: bigint }) =>
      good.proofs.map((proof, k) => (k === i ? { ...proof, a } : proof));
    const [c0, c1] = good.c;
    const off = { x: 1n, y: 1n };
    for (const i of [0, 1]) {
      const { x, y } = good.proofs[i].a;
      for (const a of [off, { x: x + Q, y }, { x, y: y + Q }]) {
        await expect(verify(withA(i, a), good.c))
          .to.be.revertedWithCustomError(verifier, 'PointNotOnCurve')
          .withArgs(i);
      }
    }
    await expect(verify(good.proofs, [{ x: c0.x + Q, y: c0.y }, c1]))
      .to.be.revertedWithCustomError(verifier, 'PointNotOnCurve')
      .withArgs(3);
    const a2 = good.proofs[2].a;
    await expect(verify(withA(2, { x: a2.x, y: a2.y + Q }), good.c))
      .to.be.revertedWithCustomError(verifier, 'PointNotOnCurve')
      .withArgs(2);
    // What isn't multiplied, the last circuit's only proof, meets the pairing's own check.
    for (const [proofs, c] of [
      [withA(2, { x: a2.x + Q, y: a2.y }), [c0, c1]],
      [withA(2, off), [c0, c1]],
      [good.proofs, [c0, { x: c1.x, y: c1.y + Q }]],
      [good.proofs, [c0, off]],
    ] as const) {
      await expect(verify([...proofs], [...c])).to.be.revertedWithCustomError(verifier, 'ProofCheckFailed');
    }
  });

  it('takes a proof whose product circuit has nothing private left to hide', async () => {
    const { verifier, registry, submission } = await fixture();
    const key = setup(productCircuit, PHASE1, 1004n);
    await registry.registerCircuit(key.vk, DIGEST);
    const item = { circuit: 4n, signals: [15n], proof: prove(key, [1n, 15n, 3n, 5n], 0n, 0n) };
    const batch = aggregate([item], submission);
    await verifier.verify(submission.settler, ...argumentsOf(batch));
  });
});
