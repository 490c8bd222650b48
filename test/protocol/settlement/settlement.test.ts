import { concat, dataSlice, toBeHex } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nameRevert, revertName } from '../../../protocol/chain/revert.ts';
import { contractInterfaces } from '../../../protocol/contracts/market.ts';
import { SCALAR_FIELD } from '../../../protocol/field.ts';
import { readModel, modelIdOf } from '../../../protocol/contracts/model.ts';
import { challengesOf, type Statement } from '../../../protocol/settlement/challenges.ts';
import { proofFromSnarkjs, type Groth16Proof } from '../../../protocol/settlement/points.ts';
import { SHAPED_PROOF } from '../../prover-node/support/aggregator.ts';
import { settleCall } from '../../../protocol/settlement/settle-call.ts';
import {
  buildSettlement,
  type ProvenSlice,
  type Settlement,
} from '../../../protocol/settlement/settlement.ts';
import { signalsOf } from '../../../protocol/settlement/signals.ts';
import type { ProofSubmission } from '../../../protocol/proof-submission.ts';
import { openWorld, ROLES, type PostedJob, type World } from '../../verifier/support/world.ts';

const [A, B] = ROLES.provers;

let world: World;
let jobs: PostedJob[];
let slices: ProvenSlice[];

const submissionOf = (account: number) => ({
  chainId: BigInt(world.deployment.chainId),
  market: world.deployment.addresses.market,
  settler: world.addressOf(account),
});
const provenOf = ({ trace }: PostedJob, { jobId, slice, prover, proof }: ProofSubmission): ProvenSlice => ({
  jobId,
  slice,
  prover,
  circuit: BigInt(world.circuits[slice]),
  ...world.model.slices[slice].spec,
  trace,
  proof: proofFromSnarkjs(proof),
});
/** What the chain says to a settlement from this account; undefined when it takes it. */
const refusal = async (settlement: Settlement, account: number): Promise<string | undefined> => {
  const call = await settleCall(world.contracts.market, settlement);
  return world.chain.provider.call({ ...call, from: world.addressOf(account) }).then(
    () => undefined,
    (error: unknown) => revertName(nameRevert(error, contractInterfaces)) ?? String(error),
  );
};

beforeAll(async () => {
  world = await openWorld();
  jobs = [await world.post(), await world.post()];
  slices = [];
  for (const job of jobs) {
    await world.bid(job, A, [0]);
    await world.bid(job, B, [1]);
    slices.push(provenOf(job, await world.prove(job, 0, A)), provenOf(job, await world.prove(job, 1, B)));
  }
});
afterAll(() => world.close());

describe('a settlement', () => {
  test('has the signals and the challenges that the contracts reckon', async () => {
    const { market, verifier } = world.contracts;
    const { addresses } = world.deployment;
    const statements = slices.map((slice): Statement => ({
      circuit: slice.circuit,
      signals: signalsOf({ ...submissionOf(A), ...slice }),
    }));
    const proofs = slices.map(({ proof }) => proof as Groth16Proof);
    for (const [i, { jobId, slice, prover, trace }] of slices.entries()) {
      expect([...(await market.signalsOf(jobId, slice, prover, [...trace]))]).toEqual(statements[i].signals);
    }
    const onChain = await verifier.challenges(
      addresses.market,
      world.addressOf(A),
      statements.flatMap(({ circuit, signals }) => [circuit, ...signals]),
      buildSettlement(submissionOf(A), slices).proofs,
    );
    const own = challengesOf(submissionOf(A), statements, proofs);
    expect(own).toEqual([...onChain]);
    // Slices alternate between two circuits; those of the last one's circuit add up to one.
    expect((own[1] + own[3]) % SCALAR_FIELD).toBe(1n);
  });

  test('is taken from its settler alone, in any order of its slices', async () => {
    const mixed = [slices[3], slices[0], slices[2], slices[1]];
    const settlement = buildSettlement(submissionOf(ROLES.other), mixed);
    expect(settlement.batches.map(({ jobId }) => jobId)).toEqual([jobs[1].jobId, jobs[0].jobId]);
    // Four proofs of two circuits, which are named once each.
    expect(dataSlice(settlement.proofs, 0, 96)).toBe(
      concat([0x2_0000_0004n, 1n, 2n].map((word) => toBeHex(word, 32))),
    );
    expect(await refusal(settlement, ROLES.other)).toBeUndefined();
    expect(await refusal(settlement, ROLES.requester)).toBe('ProofCheckFailed');
    for (const one of slices) {
      const alone = buildSettlement(submissionOf(ROLES.other), [one]);
      expect(await refusal(alone, ROLES.other)).toBeUndefined();
    }
  });

  test('is refused whole when one of its proofs is for something else', async () => {
    const wrong = { ...slices[1], proof: slices[3].proof };
    const settlement = buildSettlement(submissionOf(ROLES.other), [slices[0], wrong]);
    expect(await refusal(settlement, ROLES.other)).toBe('ProofCheckFailed');
  });

  test('can’t be built from nothing, from points that are none, or past the trace', () => {
    const settler = submissionOf(A);
    const code = (text: string): unknown => expect.objectContaining({ code: text });
    expect(() => buildSettlement(settler, [])).toThrow(code('SETTLEMENT_EMPTY'));
    const point = { ...slices[0], proof: { ...slices[0].proof, c: { x: 1n, y: 1n } } };
    expect(() => buildSettlement(settler, [point])).toThrow(code('SETTLEMENT_POINT_INVALID'));
    const half = { ...SHAPED_PROOF, pi_d: SHAPED_PROOF.pi_a };
    expect(() => proofFromSnarkjs(half)).toThrow(code('SETTLEMENT_POINT_INVALID'));
    const short = { ...slices[0], trace: slices[0].trace.slice(0, 1) };
    expect(() => buildSettlement(settler, [short])).toThrow(code('SETTLEMENT_TRACE_SHORT'));
    for (const slice of [256, -1, 1.5]) {
      const far = { ...slices[0], slice };
      expect(() => buildSettlement(settler, [far])).toThrow(code('SETTLEMENT_SLICE_RANGE'));
    }
    expect(() => buildSettlement(settler, [slices[0], slices[0]])).toThrow(code('SETTLEMENT_SLICE_TWICE'));
  });
});

describe('a model’s id', () => {
  test('is what the registry gives it', async () => {
    const { chainId, addresses } = world.deployment;
    const model = await readModel(world.contracts, world.modelId);
    const keyDigests = await Promise.all(
      model.slices.map(async ({ circuit }) =>
        circuit === 0
          ? `0x${'00'.repeat(32)}`
          : (await world.contracts.circuits.circuitInfo(circuit)).keyDigest,
      ),
    );
    const id = modelIdOf({ chainId: BigInt(chainId), registry: addresses.modelRegistry, model, keyDigests });
    expect(id).toBe(world.modelId);
  });
});
