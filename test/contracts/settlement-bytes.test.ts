import { expect } from 'chai';
import { aggregateProofs } from '../../protocol/settlement/aggregate.ts';
import { lookupChallenge } from '../../groth16/lookups/lookup-challenge.ts';
import { challengesOf } from '../../protocol/settlement/challenges.ts';
import type { Groth16Proof } from '../../protocol/settlement/points.ts';
import { encodeProofs } from '../../protocol/settlement/proof-bytes.ts';
import { aggregate, bytesOf } from './support/batch.ts';
import type { Proved } from './support/batch.ts';
import { ethers, networkHelpers } from './support/chain.ts';
import { committedCircuit, proveCommittedSum, sumCircuit, sumWitness } from './support/circuits.ts';
import { g1 } from './support/curve.ts';
import {
  keyDigestOf,
  lookupChallenge as expectedChallenge,
  pointsOf,
  prove,
  setup,
} from './support/groth16.ts';

const PHASE1 = { tau: 123_456_789n, alpha: 987_654_321n, beta: 192_837_465n };

async function deployed() {
  const [settler] = await ethers.getSigners();
  const registry = await ethers.deployContract('CircuitRegistry');
  const verifier = await ethers.deployContract('Groth16BatchVerifier', [await registry.getAddress()]);
  const keys = [setup(sumCircuit(3), PHASE1, 1001n), setup(committedCircuit(2), PHASE1, 1002n, 2002n)];
  for (const { vk } of keys) await registry.registerCircuit(vk, ethers.id('setup'));
  const { chainId } = await ethers.provider.getNetwork();
  return { verifier, keys, submission: { chainId, market: settler.address, settler: settler.address } };
}

describe("protocol/settlement's bytes", () => {
  it('are those of the description, and verified: plain circuits, lookups and both', async () => {
    const { verifier, keys, submission } = await networkHelpers.loadFixture(deployed);
    const item = (circuit: number, salt: bigint): Proved => {
      const key = keys[circuit - 1];
      const signals = Array.from({ length: key.circuit.signals }, (_, i) => salt * 100n + BigInt(i));
      const proof =
        circuit === 1 ? prove(key, sumWitness(signals), salt) : proveCommittedSum(key, signals, salt);
      return { circuit: BigInt(circuit), signals, proof };
    };
    for (const order of [[1], [2], [1, 1, 2], [2, 2, 1, 2], [2, 1, 2]]) {
      const proved = order.map((circuit, i) => item(circuit, BigInt(i) + 3n));
      const statements = proved.map(({ circuit, signals }) => ({ circuit, signals }));
      const proofs = proved.map(({ proof }): Groth16Proof => ({
        ...pointsOf(proof),
        c: g1(proof.c),
        ...(proof.d === undefined ? {} : { lookups: { d: g1(proof.d), k: g1(proof.k ?? 0n) } }),
      }));
      const sums = aggregateProofs(submission, statements, proofs);
      const bytes = encodeProofs({ proofs, aggregate: sums, externals: [] });
      const expected = aggregate(proved, submission);
      expect(bytes).to.equal(bytesOf(expected));
      const { settler } = submission;
      expect(challengesOf(submission, statements, proofs)).to.deep.equal(
        await verifier.challenges(settler, settler, expected.statements, bytes),
      );
      await verifier.verify(settler, expected.statements, bytes);
    }
  });

  it('have an X that a prover can reckon before the circuit has a number', async () => {
    const { keys } = await networkHelpers.loadFixture(deployed);
    const signals = [5n, 6n];
    expect(lookupChallenge(keyDigestOf(keys[1]), signals, g1(77n))).to.equal(
      expectedChallenge(keys[1], signals, 77n),
    );
  });
});
