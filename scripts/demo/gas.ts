import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Client } from '../../client/client.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import { proofSubmissionSchema } from '../../protocol/proof-submission.ts';
import { proofFromSnarkjs } from '../../protocol/settlement/points.ts';
import { buildSettlement } from '../../protocol/settlement/settlement.ts';

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
  const response = await fetch(`${aggregator}/settlements`);
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
 * @param proofsFolder where a node keeps its proofs
 */
export async function gasAlone(
  { contracts: { market, deployment }, provider }: Client,
  { model }: PublishedManifest,
  proofsFolder: string,
  settler: string,
  batch: Batch,
): Promise<number> {
  const receipt = await provider.getTransactionReceipt(batch.transaction);
  const settled = (receipt?.logs ?? [])
    .map((log) => market.interface.parseLog(log))
    .filter((event) => event?.name === 'SliceSettled')
    .map((event) => `${String(event?.args.jobId)}-${String(event?.args.slice)}`);
  const files = await readdir(proofsFolder);
  const file = files.find((name) => settled.includes(path.parse(name).name));
  if (file === undefined) return Number.NaN;
  const record = z
    .object(proofSubmissionSchema.shape)
    .parse(JSON.parse(await readFile(path.join(proofsFolder, file), 'utf8')));
  const [traced] = await market.queryFilter(market.filters.TraceCommitted(record.jobId), deployment.block);
  const slice = model.slices[record.slice];
  const { batches, proofs, aggregate } = buildSettlement(
    { chainId: BigInt(deployment.chainId), market: deployment.addresses.market, settler },
    [
      {
        ...record,
        ...slice,
        circuit: BigInt(slice.circuit),
        trace: traced.args.trace,
        proof: proofFromSnarkjs(record.proof),
      },
    ],
  );
  const call = await market.settle.populateTransaction(
    batches.map(({ jobId, trace, claims }) => ({ jobId, trace: [...trace], claims: [...claims] })),
    proofs.map(({ a, b }) => ({
      a,
      b: { x: [...b.x] as [bigint, bigint], y: [...b.y] as [bigint, bigint] },
    })),
    { circuits: [...aggregate.circuits], c: [...aggregate.c] },
  );
  const block = `0x${(batch.block - 1).toString(16)}`;
  return Number(await provider.send('eth_estimateGas', [{ ...call, from: settler }, block]));
}
