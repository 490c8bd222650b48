import type { JsonRpcProvider } from 'ethers';
import { commitTensor } from '../../protocol/commitment/commit.ts';
import { dueReason } from '../../protocol/contracts/due.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { JobReceipt } from '../../protocol/receipt.ts';
import { fieldToHex } from '../../protocol/tensor-bundle.ts';
import { ReceiptError } from '../errors.ts';
import { readFinishedJob } from './read-job.ts';
import { readBoundModel } from './read-model.ts';

/**
 * Checks a saved receipt against a chain, without any store. Names, scale and labels come from the manifest
 * that the receipt names by digest, and `rechecked` from whoever made the receipt: these are not checked here.
 * @throws ReceiptError RECEIPT_DIFFERS naming the part that is not what the chain says, RECEIPT_OUTPUT_MISMATCH,
 * and those of {@link readFinishedJob} and {@link readBoundModel}
 */
export async function checkReceipt(
  receipt: JobReceipt,
  { contracts, provider }: { readonly contracts: Contracts; readonly provider: JsonRpcProvider },
): Promise<void> {
  const { chainId, addresses } = contracts.deployment;
  const { chain, job: claimed, model: claimedModel } = receipt;
  expectSame('chain', [chain.chainId, chain.market], [chainId, addresses.market]);
  expectSame(
    'registries',
    [chain.modelRegistry, chain.circuitRegistry],
    [addresses.modelRegistry, addresses.circuitRegistry],
  );
  const block = await provider.getBlock(chain.block);
  expectSame('block', chain.blockHash, block?.hash);

  const job = await readFinishedJob(contracts, provider, claimed.jobId);
  const { model, externals } = await readBoundModel(contracts, job.modelId);
  expectSame('requester', claimed.requester, job.requester);
  expectSame('executor', claimed.executor, job.executor);
  expectSame('digests', [claimed.inputDigest, claimed.traceDigest], [job.inputDigest, job.traceDigest]);
  expectSame('trace', receipt.trace, job.trace);
  expectSame('model', claimedModel.modelId, model.modelId);
  expectSame('publisher', claimedModel.publisher, model.publisher);
  expectSame('manifest', claimedModel.manifestDigest, model.manifestDigest);
  expectSame('number of inputs', receipt.inputCount, model.inputCount);
  expectSame('number of slices', receipt.slices.length, model.slices.length);
  for (const [i, slice] of receipt.slices.entries()) {
    const { circuit, inputs, outputs } = model.slices[i];
    expectSame(
      `slice ${i}`,
      [slice.slice, slice.circuit, slice.verifier, slice.inputs, slice.outputs],
      [i, circuit, externals[i]?.verifier ?? null, inputs, outputs],
    );
    const settled = job.settled.get(i);
    const proof = settled === undefined ? null : { ...settled, price: settled.price.toString() };
    const order = ['prover', 'price', 'transaction', 'block'] as const;
    expectSame(
      `proof of slice ${i}`,
      [slice.state, slice.due, slice.proof && order.map((part) => slice.proof?.[part])],
      [
        proof ? 'proved' : 'executed',
        dueReason(job.due, i) ?? null,
        proof && order.map((part) => proof[part]),
      ],
    );
  }
  expectSame(
    'fullyProved',
    receipt.fullyProved,
    receipt.slices.every(({ state }) => state === 'proved'),
  );
  checkOutputs(receipt, model);
}

function checkOutputs(receipt: JobReceipt, model: Awaited<ReturnType<typeof readBoundModel>>['model']): void {
  expectSame(
    'outputs',
    receipt.outputs.map(({ tensor }) => tensor),
    model.outputs,
  );
  for (const { tensor, commitment, values, salt } of receipt.outputs) {
    expectSame(`commitment of output ${tensor}`, commitment, receipt.trace[tensor]);
    const came = fieldToHex(commitTensor(model.tensors[tensor], values, BigInt(salt)));
    if (came === commitment) continue;
    throw new ReceiptError(
      'RECEIPT_OUTPUT_MISMATCH',
      `the values of output ${tensor} are committed as ${came}, the chain says ${commitment}`,
      { details: { tensor } },
    );
  }
  const { values } = receipt.outputs[0];
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  expectSame('top', receipt.top.index, values.indexOf(largest));
}

function expectSame(part: string, claimed: unknown, came: unknown): void {
  if (JSON.stringify(claimed) === JSON.stringify(came)) return;
  throw new ReceiptError(
    'RECEIPT_DIFFERS',
    `the receipt's ${part} is ${show(claimed)}, the chain says ${show(came)}`,
    { details: { part } },
  );
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}
