import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { colour } from '../../protocol/terminal/colour.ts';
import { z } from 'zod';
import type { Client } from '../../client/client.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import type { Asset } from '../../protocol/contracts/asset.ts';
import { printTable, standardOutput } from '../../protocol/terminal/output.ts';
import { verifyJob } from '../../verifier/job/verify-job.ts';
import type { Account, Role } from './accounts.ts';
import { gasAlone, readBatches, type Batch } from './gas.ts';
import { sumMoney, type MoneySum } from './invariants.ts';
import type { FinishedJob } from './jobs.ts';
import { readProofs } from './nodes.ts';
import type { Screen } from './screen.ts';
import { NODE_NAMES, type NodeName, type Places } from './services.ts';
import { whileWaiting } from './waiting.ts';
import { ask } from './ask.ts';

/** One proved slice of the demo. */
export interface SliceRow {
  readonly job: string;
  readonly slice: number;
  readonly node: string;
  /** In 10^-18 of the asset, as decimal text. */
  readonly pricePaid: string;
  readonly constraints: number;
  readonly proveSeconds: number;
  readonly peakRssBytes: number;
}

export interface JobRow {
  readonly id: string;
  /** What the digit is, by its label. */
  readonly label: string;
  /** What the model said it is. */
  readonly predicted: string;
  /** Whether its receipt, rebuilt from chain and store alone, holds. */
  readonly verified: boolean;
}

/** What `npm run demo -- --report FILE` writes. */
export interface DemoReport {
  readonly jobs: readonly JobRow[];
  readonly slices: readonly SliceRow[];
  /** Gas of settling a slice in the largest batch (transaction, calldata, payment and all), and alone. */
  readonly gas: { readonly perSliceBatched: number; readonly perSliceSingle: number };
  readonly invariantsHold: boolean;
}

/** What is shown beside the report. */
export interface Remarks {
  readonly batches: readonly Batch[];
  readonly earnings: readonly { readonly node: NodeName; readonly slices: number; readonly earned: bigint }[];
  readonly money: MoneySum;
  readonly graphql: { readonly query: string; readonly answer: z.infer<typeof answerSchema> };
}

export interface DemoResult {
  readonly client: Client;
  readonly places: Places;
  readonly folder: string;
  readonly model: PublishedManifest;
  readonly accounts: Readonly<Record<Role, Account>>;
  readonly jobs: readonly FinishedJob[];
  readonly screen: Screen;
}

/** Gathers the last table from those who know: the chain, the nodes, the aggregator, the indexer. */
export async function collectReport(result: DemoResult): Promise<{ report: DemoReport; remarks: Remarks }> {
  const { client, places, model, accounts, jobs, screen } = result;
  const slices = await sliceRows(result);
  const batches = await readBatches(places.aggregator);
  const largest = batches.reduce((most, batch) => (batch.proofs > most.proofs ? batch : most));
  const jobRows = await Promise.all(
    jobs.map(async ({ jobId, label, predicted }) => ({
      id: jobId,
      label,
      predicted,
      verified: await receiptHolds(client, jobId),
    })),
  );
  const addresses = Object.values(accounts).map(({ address }) => address);
  const money = await sumMoney(
    client,
    addresses,
    jobs.flatMap(({ jobId, abandoned }) => [jobId, ...abandoned]),
  );
  return {
    report: {
      jobs: jobRows,
      slices,
      gas: {
        perSliceBatched: Math.round(largest.gasUsed / largest.proofs),
        perSliceSingle: await gasAlone(
          client,
          model,
          proofFolders(result),
          accounts.aggregator.address,
          largest,
        ),
      },
      invariantsHold: money.holds,
    },
    remarks: {
      batches,
      earnings: earningsOf(slices),
      money,
      graphql: await askGraphql(client, places, screen),
    },
  };
}

async function sliceRows({ places, model, accounts, jobs }: DemoResult): Promise<SliceRow[]> {
  const proofs = await readProofs(places);
  const made = new Map(proofs.map((proof) => [`${proof.node} ${proof.jobId} ${proof.slice}`, proof]));
  return jobs.flatMap(({ jobId, status }) =>
    status.slices
      .filter(({ state }) => state === 'settled')
      .map(({ slice, holder, price }) => {
        const node = NODE_NAMES.find((name) => accounts[name].address === holder);
        const proof = made.get(`${node} ${jobId} ${slice}`);
        return {
          job: jobId,
          slice,
          node: node ?? String(holder),
          pricePaid: price.toString(),
          constraints: model.manifest.slices[slice].constraints,
          proveSeconds: proof?.proveSeconds ?? Number.NaN,
          peakRssBytes: proof?.peakRssBytes ?? Number.NaN,
        };
      }),
  );
}

async function receiptHolds({ contracts, provider, store }: Client, jobId: string): Promise<boolean> {
  const { receipt } = await verifyJob({ contracts, provider, store, jobId });
  return receipt.slices.every(({ state }) => state === 'proved');
}

function proofFolders({ folder }: DemoResult): string[] {
  return NODE_NAMES.map((name) => path.join(folder, name, 'proofs'));
}

function earningsOf(slices: readonly SliceRow[]): Remarks['earnings'] {
  return NODE_NAMES.map((node) => {
    const own = slices.filter((slice) => slice.node === node);
    return {
      node,
      slices: own.length,
      earned: own.reduce((sum, { pricePaid }) => sum + BigInt(pricePaid), 0n),
    };
  });
}

const STATUS_QUERY = '{ status { cursor } }';
const statusSchema = z.object({ data: z.object({ status: z.object({ cursor: z.number().nullable() }) }) });

const QUERY = `{
  provers(first: 5) { nodes { id settledSlices earned slashes } }
}`;

/** Asks the indexer, once it has seen what the chain has by now. */
async function askGraphql(
  { provider }: Client,
  { indexer }: Places,
  screen: Screen,
): Promise<Remarks['graphql']> {
  const head = await provider.getBlockNumber();
  let cursor = -1;
  const caughtUp = async (): Promise<void> => {
    for (;;) {
      cursor = (await query(indexer, STATUS_QUERY, statusSchema)).data.status.cursor ?? -1;
      if (cursor >= head) return;
      await sleep(200);
    }
  };
  await whileWaiting(screen, caughtUp(), () => `the indexer is at block ${cursor} of ${head}`);
  return { query: QUERY, answer: await query(indexer, QUERY, answerSchema) };
}

const answerSchema = z.object({
  data: z.object({ provers: z.object({ nodes: z.array(z.record(z.string(), z.unknown())) }) }),
});

async function query<Schema extends z.ZodType>(
  indexer: string,
  text: string,
  answer: Schema,
): Promise<z.infer<Schema>> {
  const response = await ask(`${indexer}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text }),
  });
  return answer.parse(await response.json());
}

/** The end, for people: each slice of the model over all jobs, then what it came to. The report has every proof by itself. */
export function printReport(report: DemoReport, remarks: Remarks, asset: Asset): void {
  const output = standardOutput(false);
  const say = (name: string, text: string): void => output.write(`${colour.bold(name.padEnd(9))} ${text}\n`);
  output.write('\n');
  const slices = [...new Set(report.slices.map(({ slice }) => slice))];
  printTable(
    output,
    ['slice', 'constraints', 'proofs', 'paid for each', 'prove s', 'peak MiB'],
    slices.map((slice) => {
      const own = report.slices.filter((row) => row.slice === slice);
      return [
        slice,
        own[0].constraints,
        proversOf(own),
        range(
          own.map(({ pricePaid }) => BigInt(pricePaid)),
          (price) => asset.format(price, 4),
        ),
        range(
          own.map(({ proveSeconds }) => proveSeconds),
          (seconds) => seconds.toFixed(2),
        ),
        range(
          own.map(({ peakRssBytes }) => peakRssBytes),
          (bytes) => (bytes / 2 ** 20).toFixed(0),
        ),
      ];
    }),
  );
  const broken = report.jobs.filter(({ verified }) => !verified).map(({ id }) => id);
  say(
    'Receipts',
    broken.length === 0
      ? `rebuilt from chain and store alone, those of all ${report.jobs.length} jobs hold: every slice is proved`
      : `THOSE OF ${broken.join(', ')} DO NOT HOLD`,
  );
  const { perSliceBatched, perSliceSingle } = report.gas;
  const proofs = remarks.batches.reduce((sum, batch) => sum + batch.proofs, 0);
  say(
    'Settled',
    `${proofs} slices in ${remarks.batches.length} transactions; a slice takes ${perSliceBatched.toLocaleString('en-US')} ` +
      `gas in the largest of them, ${perSliceSingle.toLocaleString('en-US')} alone`,
  );
  say(
    'Earned',
    `${remarks.earnings.map(({ node, slices: count, earned }) => `${node} ${asset.format(earned, 4)} for ${count}`).join(', ')}, before the fee`,
  );
  const { held, ledgers, reserved, escrows, holds } = remarks.money;
  say(
    'Money',
    `the market holds ${asset.format(held, 4)} = ledgers ${asset.format(ledgers, 4)} + reserved ` +
      `${asset.format(reserved, 4)} + escrows ${asset.format(escrows, 4)}: ${holds ? 'the invariant holds' : 'THE INVARIANT IS BROKEN'}`,
  );
  say('GraphQL', remarks.graphql.query.replace(/\s+/g, ' '));
  for (const node of remarks.graphql.answer.data.provers.nodes) output.write(`  ${JSON.stringify(node)}\n`);
}

/** How many of some proofs are whose. */
function proversOf(rows: readonly SliceRow[]): string {
  const names = [...new Set(rows.map(({ node }) => node))];
  return names.map((name) => `${name} ${rows.filter(({ node }) => node === name).length}`).join(', ');
}

/** The smallest and the largest, or the one that all of them are. */
function range<Value extends number | bigint>(
  values: readonly Value[],
  format: (value: Value) => string,
): string {
  const least = values.reduce((one, other) => (other < one ? other : one));
  const most = values.reduce((one, other) => (other > one ? other : one));
  return [...new Set([least, most].map(format))].join(' – ');
}
