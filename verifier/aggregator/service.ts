import { submissionOf } from '../../protocol/bid-submission.ts';
import { connect } from '../../protocol/chain/provider.ts';
import { Sender } from '../../protocol/chain/sending/sender.ts';
import { reportedWait } from '../../protocol/chain/sending/waits.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';
import { readDeployment } from '../../protocol/contracts/read-deployment.ts';
import { contractInterfaces, expectChain, openContracts } from '../../protocol/contracts/market.ts';
import { lockAccount } from '../../protocol/database/account-lock.ts';
import { openDatabase } from '../../protocol/database/open.ts';
import { openQueue } from '../../protocol/database/queue.ts';
import { openLifetime } from '../../protocol/lifetime.ts';
import type { Log } from '../../protocol/log.ts';
import { openAll, type Opened } from '../../protocol/opened.ts';
import { MarketReader } from '../chain/market-reader.ts';
import { admitBid, type BidIntake } from './bids/admit-bid.ts';
import { Bringer } from './bids/bringer.ts';
import { MarketBids } from './bids/market-bids.ts';
import { BidBook } from './book/bids.ts';
import { BringingBook } from './book/bringings.ts';
import { ProofBook } from './book/proofs.ts';
import { prepareBook, QUEUE } from './book/schema.ts';
import { SettlementBook } from './book/settlements.ts';
import { openServer, type Served } from './http/server.ts';
import { viewProof, viewSettlement } from './http/views.ts';
import { Coins } from './intake/coins.ts';
import { admitProof, type Intake } from './intake/admit.ts';
import { createMetrics } from './metrics.ts';
import type { AggregatorSettings } from './settings.ts';
import { Settler } from './settle/settler.ts';
import { createVerificationPool } from './verification/pool.ts';
import { whenDue } from './when-due.ts';

export interface AggregatorOptions {
  readonly settings: AggregatorSettings;
  /** 0x and 64 digits: pays gas, and is credited the tips. */
  readonly privateKey: string;
  readonly log: Log;
  /** Milliseconds. Default: the machine's. */
  readonly clock?: () => number;
  /** Gives the start up while the chain is still awaited. */
  readonly signal?: AbortSignal;
}

export interface Aggregator {
  /** Where it listens. */
  readonly url: string;
  /** The account that settles. */
  readonly settler: string;
  /** Takes nothing new, waits for what is under way, and lets go of everything. */
  close(): Promise<void>;
}

/**
 * Starts an aggregator: proofs come in over HTTP, are verified, kept, and settled in batches.
 * @throws ConfigError CHAIN_MISMATCH, DEPLOYMENT_UNREADABLE, KEY_AT_WORK (another process acts with the key); DatabaseError;
 * AggregatorError AGGREGATOR_CANNOT_LISTEN
 */
export async function startAggregator(options: AggregatorOptions): Promise<Aggregator> {
  return openAll((opened) => assemble(options, opened));
}

async function assemble(options: AggregatorOptions, opened: Opened): Promise<Aggregator> {
  const { settings, privateKey, log, clock = Date.now, signal } = options;
  const lifetime = openLifetime(signal);

  const deployment = await readDeployment(settings.deployment);
  const pollingInterval = settings.pollSeconds * 1000;
  const metrics = createMetrics();
  const server = await openServer({ ...settings, log, metrics, clock });
  opened.defer(() => server.close());
  log.info({ url: server.url }, 'listening');
  const begin = (doing: string): void => {
    server.starts(doing);
    log.info(doing);
  };
  begin('connecting to the chain');
  const connectTimeout = Number.POSITIVE_INFINITY;
  const provider = await connect({
    rpc: settings.rpc,
    rpcRate: settings.rpcRate,
    log,
    pollingInterval,
    connectTimeout,
    // Then whoever brings a proof hears that the chain is away; what settles waits by itself.
    patience: 2000,
    signal: lifetime.signal,
  });
  opened.defer(() => provider.destroy());
  expectChain(deployment, (await provider.getNetwork()).chainId);
  const reader = new MarketReader(openContracts(deployment, provider), provider);
  const books: { settlements?: SettlementBook; bringings?: BringingBook } = {};
  const sender: Sender = new Sender({
    provider,
    privateKey,
    interfaces: contractInterfaces,
    log,
    signal: lifetime.signal,
    maxGasPrice: settings.maxGasPrice,
    alone: true,
    // Of those on one database, any may settle.
    clock,
    others: async (from, to) => {
      const nonces = async (book?: SettlementBook | BringingBook): Promise<readonly number[]> => [
        ...((await book?.nonces(sender.address, from, to)) ?? []),
      ];
      return new Set([...(await nonces(books.settlements)), ...(await nonces(books.bringings))]);
    },
  });

  begin('opening the database');
  const database = await openDatabase({ url: settings.databaseUrl, folder: settings.dataDir });
  opened.defer(() => database.close());
  opened.defer(
    await lockAccount(provider, {
      log,
      signal,
      address: sender.address,
      service: 'aggregator',
      place: database.where,
      // On one server the queue lets one settle at a time: any number may take proofs.
      shared: database.kind === 'postgres',
    }),
  );
  await prepareBook(database);
  const proofs = new ProofBook(database);
  const book = new SettlementBook(database);
  const bids = new BidBook(database);
  const bringings = new BringingBook(database);
  Object.assign(books, { settlements: book, bringings });
  const queue = await openQueue(database, { log, schema: QUEUE });
  opened.defer(async () => {
    await queue.close(settings.stopSeconds);
    // Whatever still waits for the chain is given up; it is seen through after the next start.
    lifetime.end();
    await sender.idle();
  });

  const settler = new Settler({
    reader,
    provider,
    sender,
    proofs,
    settlements: book,
    limits: settings,
    safetySeconds: settings.safetySeconds,
    assetPerNative: settings.assetPerNative,
    log,
    metrics,
    clock,
    signal: lifetime.signal,
  });
  const market = new MarketBids(reader.contracts, provider, sender.address);
  const bringer = new Bringer({
    reader,
    provider,
    sender,
    market,
    bids,
    bringings,
    limits: settings,
    assetPerNative: settings.assetPerNative,
    log,
    metrics,
    clock,
    signal: lifetime.signal,
  });
  const scheduling = { queue, account: sender.address, log, pollingInterval };
  for (const work of [
    { name: 'settle', due: (stop: AbortSignal) => settler.due(stop), work: () => settler.settleDue() },
    { name: 'bring', due: (stop: AbortSignal) => bringer.due(stop), work: () => bringer.bringDue() },
  ]) {
    const schedule = await whenDue(work, scheduling);
    opened.defer(() => schedule.stop());
  }

  const pool = createVerificationPool({
    threads: settings.verifyThreads,
    maxPending: settings.maxPending,
    log,
  });
  opened.defer(() => pool.close());
  const { maxGasPrice } = settings;
  const coins = new Coins({ provider, settler: sender.address, maxGasPrice, clock });
  const intake: Intake = {
    reader,
    book: proofs,
    pool,
    coins,
    conduct: settings,
    safetySeconds: settings.safetySeconds,
    clock,
    checking: new Set(),
  };
  const bidIntake: BidIntake = {
    reader,
    provider,
    market,
    bids,
    proofs,
    bringings,
    coins,
    settler: sender.address,
    limits: settings,
    clock,
    checking: new Set(),
  };
  const served: Served = {
    async submit(submission) {
      const position = await admitProof(intake, submission);
      const { jobId, slice, prover } = submission;
      log.info({ jobId, slice, prover, position }, 'proof accepted');
      return position;
    },
    async submitBid(bid) {
      const position = await admitBid(bidIntake, bid);
      const { jobId, prover, unitPrice, slices } = bid;
      log.info(
        { jobId, slices: bitsOf(slices), prover, unitPrice: `${unitPrice}`, position },
        'bid accepted',
      );
      return position;
    },
    bidsOf: async (jobId) => (await bids.ofJob(jobId)).map(({ bid }) => submissionOf(bid)),
    proofsOf: async (jobId, slice) => ({
      jobId,
      slice,
      proofs: (await proofs.ofSlice(jobId, slice)).map(viewProof),
    }),
    settlements: async (limit) => ({
      settlements: (await book.latest(limit)).map(viewSettlement),
    }),
    health: () => healthOf(reader, proofs, sender),
  };
  // It was opened first, and takes nothing new before what is behind it is closed.
  opened.defer(() => server.close());
  server.serve(served);

  lifetime.started();
  log.info(
    { url: server.url, settler: sender.address, market: deployment.addresses.market },
    'aggregator ready',
  );
  return { url: server.url, settler: sender.address, close: () => opened.close() };
}

/** Milliseconds that the chain has to answer in when somebody asks how the aggregator is. */
const HEALTH_TIMEOUT = 5000;

async function healthOf(
  reader: MarketReader,
  proofs: ProofBook,
  sender: Sender,
): Promise<{ readonly ok: boolean } & Readonly<Record<string, unknown>>> {
  const waiting = await proofs.countWaiting();
  const late = AbortSignal.timeout(HEALTH_TIMEOUT);
  const chainTime = await Promise.race([
    reader.now().catch(() => undefined),
    new Promise<undefined>((resolve) => late.addEventListener('abort', () => resolve(undefined))),
  ]);
  const reasons = [
    ...(chainTime === undefined ? [{ code: 'CHAIN_AWAY', text: 'no RPC answers as it should' }] : []),
    ...(sender.othersSend
      ? [{ code: 'KEY_AT_WORK', text: `another process sends with its account ${sender.address}` }]
      : []),
  ];
  return {
    ok: reasons.length === 0,
    reasons,
    settler: sender.address,
    waiting,
    underWay: reportedWait(sender.waiting),
    chainTime: chainTime ?? null,
  };
}
