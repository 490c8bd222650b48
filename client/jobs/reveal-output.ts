import { specOf } from '../../protocol/manifest.ts';
import { openingOf } from '../../protocol/output.ts';
import type { Client } from '../client.ts';
import { openOutputs } from './job-outputs.ts';

/** Words of packed output that a transaction can bring: the market takes some 31,000 gas for each. */
export const MOST_WORDS = 480;
/** Words of the first part of an output, and of the others, or a multiple of these more. */
const [FIRST, STEP] = [14, 15];

/**
 * Shows everybody the output of a finalized job that only its commitment was known of, from the store: in one transaction where it
 * fits, else in parts. Parts that the account brought before are not brought again.
 * @param mostWords that one transaction brings; never less than a hash of the commitment takes
 * @returns the transactions that it took; none where it was shown before
 * @throws ClientError JOB_UNKNOWN, JOB_NOT_FINISHED, TRACE_NOT_FOUND; StoreError; ChainError CHAIN_REVERTED
 */
export async function revealOutput(
  client: Client,
  jobId: string,
  mostWords = MOST_WORDS,
): Promise<{ readonly transactions: readonly string[] }> {
  const { manifest, trace: commitments, opened, onChain } = await openOutputs(client, jobId);
  if (onChain) return { transactions: [] };
  const { contracts, sender } = client;
  const { market, outputParts, deployment } = contracts;
  const { market: at } = deployment.addresses;
  const trace = [...commitments];
  const openings = opened.map((tensor, i) => {
    const { salt, words } = openingOf(specOf(manifest.tensors[manifest.outputs[i]]), tensor);
    return { salt, words: [...words] };
  });
  const total = openings.reduce((sum, { words }) => sum + words.length, 0);
  if (total <= mostWords) {
    const sent = await sender.send('reveal', () =>
      market.revealOutput.populateTransaction(jobId, trace, openings),
    );
    return { transactions: [sent.hash] };
  }
  const transactions: string[] = [];
  for (const [output, { salt, words }] of openings.entries()) {
    if (await outputParts.shown(at, jobId, output)) continue;
    let from = Number(await outputParts.nextOf(at, jobId, output, sender.address));
    while (from < words.length) {
      const end = partEnd(from, words.length, mostWords);
      const part = { output, salt, from, words: words.slice(from, end) };
      const sent = await sender.send('reveal', () =>
        outputParts.show.populateTransaction(at, jobId, trace, part),
      );
      transactions.push(sent.hash);
      from = end;
    }
  }
  return { transactions };
}

/** Where a part ends that begins at a word: with the output, or with a hash of its commitment. */
export function partEnd(from: number, count: number, most: number): number {
  if (from + most >= count) return count;
  const least = from === 0 ? FIRST : STEP;
  return Math.min(count, from + least + STEP * Math.max(0, Math.floor((most - least) / STEP)));
}
