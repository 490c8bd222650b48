import { z } from 'zod';
import { boundedText } from '../../protocol/body.ts';
import { findEvents } from '../../protocol/chain/find-events.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';

/** What was paid, or how long it took, of late. */
export interface Spread {
  readonly least: bigint;
  readonly median: bigint;
  readonly most: bigint;
  readonly samples: number;
}

/** What the market did of late; undefined: nothing of the kind. */
export interface RecentPrices {
  readonly from: 'indexer' | 'chain';
  /** Of a constraint, of any model, in 10^-18 of the asset. */
  readonly unitPrice?: Spread;
  /** Of running this model. */
  readonly executionPrice?: Spread;
  /** From the request to the result, of this model. */
  readonly seconds?: Spread;
}

/** What is looked for: prices of slices, and jobs of the model that came to a result. */
interface Samples {
  readonly unitPrices: bigint[];
  readonly executionPrices: bigint[];
  readonly seconds: bigint[];
}

/** Blocks of one request, and how far back is looked when little is found. */
const RANGE = 2_000;
const MOST_RANGES = 15;
/** So many are enough to tell what is usual. */
const ENOUGH_PRICES = 50;
const ENOUGH_JOBS = 10;

/**
 * Recent prices, from the indexer that is named, else from the chain's last events.
 * @throws ChainError CHAIN_UNREACHABLE
 */
export async function recentPrices(client: Client, modelId: string): Promise<RecentPrices> {
  const { indexer, log } = client;
  if (indexer !== undefined) {
    try {
      return spreads('indexer', await askIndexer(indexer, modelId));
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'indexer gives no prices, asking the chain');
    }
  }
  return spreads('chain', await readChain(client, modelId));
}

function spreads(from: RecentPrices['from'], samples: Samples): RecentPrices {
  const unitPrice = spreadOf(samples.unitPrices);
  const executionPrice = spreadOf(samples.executionPrices);
  const seconds = spreadOf(samples.seconds);
  return {
    from,
    ...(unitPrice && { unitPrice }),
    ...(executionPrice && { executionPrice }),
    ...(seconds && { seconds }),
  };
}

function spreadOf(values: readonly bigint[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => Number(a - b));
  return {
    least: sorted[0],
    median: sorted[Math.floor(sorted.length / 2)],
    most: sorted[sorted.length - 1],
    samples: sorted.length,
  };
}

const QUERY = `query ($model: Bytes32!) {
  slices(first: 50, where: { state: { equals: SETTLED } }) { nodes { unitPrice } }
  jobs(first: 20, where: { modelId: { equals: $model }, state: { equals: FINALIZED } }) {
    nodes { executionPrice timestamp endedAt }
  }
}`;

const whole = z.union([z.number().int(), z.string().regex(/^\d{1,78}$/)]).transform((value) => BigInt(value));
const answerSchema = z.object({
  data: z.object({
    slices: z.object({ nodes: z.array(z.object({ unitPrice: whole.nullable() })).max(50) }),
    jobs: z.object({
      nodes: z
        .array(z.object({ executionPrice: whole.nullable(), timestamp: whole, endedAt: whole.nullable() }))
        .max(20),
    }),
  }),
});

/** Some thirty numbers of a few digits. */
const MAX_ANSWER_BYTES = 1 << 20;

async function askIndexer(url: string, model: string): Promise<Samples> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERY, variables: { model } }),
    signal: AbortSignal.timeout(5_000),
  });
  const text = await boundedText(response, MAX_ANSWER_BYTES);
  const answer = answerSchema.safeParse(JSON.parse(text ?? 'null'));
  if (!answer.success) {
    throw new ClientError('INDEXER_ANSWER', `expected prices from ${url}: ${z.prettifyError(answer.error)}`);
  }
  const { slices, jobs } = answer.data.data;
  const present = (values: readonly (bigint | null)[]): bigint[] => values.filter((value) => value !== null);
  return {
    unitPrices: present(slices.nodes.map(({ unitPrice }) => unitPrice)),
    executionPrices: present(jobs.nodes.map(({ executionPrice }) => executionPrice)),
    seconds: present(jobs.nodes.map(({ timestamp, endedAt }) => endedAt && endedAt - timestamp)),
  };
}

async function readChain(client: Client, modelId: string): Promise<Samples> {
  const { provider, contracts } = client;
  const { market, deployment } = contracts;
  const topicOf = (name: 'BidPlaced' | 'JobPosted' | 'JobFinalized'): string =>
    market.interface.getEvent(name).topicHash;
  const [bidTopic, postedTopic, finalizedTopic] = (['BidPlaced', 'JobPosted', 'JobFinalized'] as const).map(
    topicOf,
  );
  const unitPrices = new Map<string, bigint>();
  const finalized = new Map<string, { readonly block: number; readonly price: bigint }>();
  const ended: { readonly posted: number; readonly finalized: number; readonly price: bigint }[] = [];
  const address = deployment.addresses.market;
  let toBlock = await provider.getBlockNumber();
  for (let range = 0; range < MOST_RANGES && toBlock >= deployment.block; range++) {
    const fromBlock = Math.max(deployment.block, toBlock - RANGE + 1);
    const logs = await findEvents(provider, {
      address,
      topics: [[bidTopic, postedTopic, finalizedTopic]],
      fromBlock,
      toBlock,
    });
    // Backwards: of bids for one slice the last counts, and a job's end is met before its beginning.
    for (const entry of logs.toReversed()) {
      const [topic, jobId] = entry.topics;
      const args = market.interface.parseLog(entry)?.args;
      if (args === undefined) continue;
      if (topic === bidTopic) {
        for (const slice of bitsOf(args.slices as bigint)) {
          const name = `${jobId} ${slice}`;
          if (!unitPrices.has(name)) unitPrices.set(name, args.unitPrice as bigint);
        }
      } else if (topic === finalizedTopic) {
        finalized.set(jobId, { block: entry.blockNumber, price: args.executionPrice as bigint });
      } else if (entry.topics[3] === modelId) {
        const end = finalized.get(jobId);
        if (end) ended.push({ posted: entry.blockNumber, finalized: end.block, price: end.price });
      }
    }
    if (unitPrices.size >= ENOUGH_PRICES && ended.length >= ENOUGH_JOBS) break;
    toBlock = fromBlock - 1;
  }
  const timed = ended.slice(0, ENOUGH_JOBS);
  const secondOf = async (block: number): Promise<bigint> =>
    BigInt((await provider.getBlock(block))?.timestamp ?? 0);
  return {
    unitPrices: [...unitPrices.values()].slice(0, ENOUGH_PRICES),
    executionPrices: timed.map(({ price }) => price),
    seconds: await Promise.all(
      timed.map(async (job) => (await secondOf(job.finalized)) - (await secondOf(job.posted))),
    ),
  };
}
