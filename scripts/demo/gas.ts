import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Client } from '../../client/client.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { proofSubmissionSchema } from '../../protocol/proof-submission.ts';
import { proofFromSnarkjs } from '../../protocol/settlement/points.ts';
import { settleCall } from '../../protocol/settlement/settle-call.ts';
import { buildSettlement } from '../../protocol/settlement/settlement.ts';
import { ask } from './ask.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';

const settlementsSchema = z.object({
  settlements: z.array(
    z.object({
      transaction: z.string(),
      proofs: z.number(),
      paid: z.number(),
      gasUsed: z.number().nullable(),
      block: z.number().nullable(),
    }),
  ),
});

export interface Batch {
  readonly transaction: string;
  readonly proofs: number;
  readonly gasUsed: number;
  readonly block: number;
}

/** The settlements that an aggregator sent and that were mined, the oldest first. */
export async function readBatches(aggregator: string): Promise<Batch[]> {
  const response = await ask(`${aggregator}/settlements`);
  const { settlements } = settlementsSchema.parse(await response.json());
  return settlements
    .filter(({ gasUsed, block }) => gasUsed !== null && block !== null)
    .map(({ transaction, proofs, gasUsed, block }) => ({
      transaction,
      proofs,
      gasUsed: Number(gasUsed),
      block: Number(block),
    }))
    .toReversed();
}

/**
 * Gas of settling one slice alone: the same call as the batch's, with one of its proofs, asked of the chain as it
 * was before the batch.
 * @param proofsFolders where the nodes keep their proofs
 */
export async function gasAlone(
  { contracts: { market, deployment }, provider }: Client,
  { model }: PublishedManifest,
  proofsFolders: readonly string[],
  settler: string,
  batch: Batch,
): Promise<number> {
  const receipt = await provider.getTransactionReceipt(batch.transaction);
  const settled = (receipt?.logs ?? [])
    .map((log) => market.interface.parseLog(log))
    .filter((event) => event?.name === 'SlicesSettled')
    .flatMap((event) => {
      const { jobId, slices } = event?.args.toObject() as { jobId: string; slices: bigint };
      return bitsOf(slices).map((slice) => `${jobId}-${slice}`);
    });
  const file = await findProof(proofsFolders, settled);
  const record = z.object(proofSubmissionSchema.shape).parse(JSON.parse(await readFile(file, 'utf8')));
  const committed = await market.queryFilter(market.getEvent('TraceCommitted'), deployment.block);
  const trace = committed.find(({ args }) => args.jobId === record.jobId)?.args.trace ?? [];
  const slice = model.slices[record.slice];
  const settlement = buildSettlement(
    { chainId: BigInt(deployment.chainId), market: deployment.addresses.market, settler },
    [
      {
        ...record,
        ...slice,
        circuit: BigInt(slice.circuit),
        trace,
        proof: proofFromSnarkjs(record.proof),
      },
    ],
  );
  const call = await settleCall(market, settlement);
  const block = `0x${(batch.block - 1).toString(16)}`;
  return Number(await provider.send('eth_estimateGas', [{ ...call, from: settler }, block]));
}

/** The file of one of these proofs, named job and slice. */
async function findProof(folders: readonly string[], names: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const files = await readdir(folder).catch(() => []);
    const file = files.find((name) => names.includes(path.parse(name).name));
    if (file !== undefined) return path.join(folder, file);
  }
  throw new SliceproofError('DEMO_PROOF_MISSING', `no node keeps a proof of ${names.join(', ')}`);
}
