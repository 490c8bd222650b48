import type { ContractTransaction, JsonRpcProvider, TransactionReceipt } from 'ethers';
import { headsOf } from '../../../protocol/chain/heads.ts';
import { patiently } from '../../../protocol/chain/provider.ts';
import { nameRevert, revertName } from '../../../protocol/chain/revert.ts';
import { isTooMuch, tooLarge, TRANSACTION_BYTES } from '../../../protocol/chain/sending/limits.ts';
import type { Cost, Sender } from '../../../protocol/chain/sending/sender.ts';
import { contractInterfaces } from '../../../protocol/contracts/market.ts';
import { settledSince } from '../../../protocol/contracts/settled-since.ts';
import { SKIP_REASONS } from '../../../protocol/contracts/states.ts';
import type { Log } from '../../../protocol/log.ts';
import { buildSettlement } from '../../../protocol/settlement/settlement.ts';
import { settleCall } from '../../../protocol/settlement/settle-call.ts';
import { AggregatorError } from '../../errors.ts';
import type { MarketReader } from '../../chain/market-reader.ts';
import type { ProofBook } from '../book/proofs.ts';
import type { SettlementBook, SettleReason } from '../book/settlements.ts';
import type { AggregatorMetrics } from '../metrics.ts';
import { isPayable, settleReason, type BatchLimits } from './due.ts';
import { gasInAsset } from './profit.ts';
import { separate } from './separate.ts';
import { triage, type ReadyProof } from './triage.ts';
import { bitsOf } from '../../../protocol/contracts/masks.ts';

export interface SettlerOptions {
  readonly reader: MarketReader;
  readonly provider: JsonRpcProvider;
  readonly sender: Sender;
  readonly proofs: ProofBook;
  readonly settlements: SettlementBook;
  readonly limits: BatchLimits;
  /** As in {@link settleBy}. */
  readonly safetySeconds: number;
  /** Worth of one native coin (10^18 wei) in 10^-18 of the asset; 0 settles at any gas price. */
  readonly assetPerNative: bigint;
  readonly log: Log;
  readonly metrics: AggregatorMetrics;
  /** Milliseconds. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

interface Batch {
  /** The most urgent first. */
  readonly proofs: readonly ReadyProof[];
  readonly reason: SettleReason;
  /** At which the chain was asked about them, or before. */
  readonly block: number;
}

type Sent =
  | 'sent'
  | 'unprofitable'
  | 'settled-meanwhile'
  | { readonly kind: 'refused' | 'too-much'; readonly error: unknown };

/** What a transaction has besides its calldata: addresses, fees and signature, and then some. */
const ENVELOPE_BYTES = 512;

/** What an event says of slices that were settled: why they weren't paid, if so. */
interface Outcome {
  readonly jobId: string;
  readonly prover: string;
  readonly slices: bigint;
  readonly reason?: bigint;
}

/** Settles what waits. At most one runs for an account at a time. */
export class Settler {
  readonly #options: SettlerOptions;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Why something has to be done now: a settlement to see through, or proofs that are due. */
  async due(signal: AbortSignal): Promise<SettleReason | 'unfinished' | undefined> {
    const { proofs, settlements, sender, metrics, reader, log, limits, clock } = this.#options;
    sender.lookOut();
    if ((await settlements.unfinished(sender.address)).length > 0) return 'unfinished';
    const waiting = await proofs.waitingTimes();
    metrics.waiting.set(waiting.length);
    if (waiting.length === 0) return undefined;
    return settleReason(waiting, limits, await patiently(log, () => reader.now(), signal), clock());
  }

  /**
   * Sees earlier settlements through, then settles batch after batch until nothing is due.
   * @returns false when gas would cost more than the tips bring: try again later
   */
  async settleDue(): Promise<boolean> {
    await this.#finishEarlier();
    for (;;) {
      const batch = await this.#nextBatch();
      if (batch === undefined) return true;
      if (!(await this.#settle(batch.proofs, batch))) return false;
    }
  }

  /**
   * Settles what is due together in as many transactions as it takes, and leaves out what the chain refuses. Nothing is
   * tried before it is sent: the sender simulates it, and what it says tells what to do otherwise.
   * @returns false when gas would cost more than the tips bring
   */
  async #settle(proofs: readonly ReadyProof[], batch: Batch): Promise<boolean> {
    if (proofs.length === 0) return true;
    const sent = await this.#send(proofs, batch);
    if (sent === 'sent' || sent === 'settled-meanwhile') return true;
    if (sent === 'unprofitable') return false;
    if (sent.kind === 'refused') {
      const { good, bad } = await separate(proofs, (some) => this.#refusal(some));
      for (const { item, error } of bad) await this.#dropRefused(item, error);
      if (bad.length > 0) return this.#settle(good, batch);
      // A pairing that is left too little gas fails as a false one does: then nothing among them is refused by itself.
      if (!isTooMuch(sent.error)) throw sent.error;
    }
    if (proofs.length === 1) throw sent.error;
    this.#options.log.info({ proofs: proofs.length }, 'too much for one transaction, settling in parts');
    const middle = Math.ceil(proofs.length / 2);
    return (
      (await this.#settle(proofs.slice(0, middle), batch)) &&
      (await this.#settle(proofs.slice(middle), batch))
    );
  }

  async #nextBatch(): Promise<Batch | undefined> {
    const { reader, provider, proofs, limits, safetySeconds, log, clock, metrics } = this.#options;
    const waiting = await proofs.waiting();
    const { number: block, timestamp: now } = await this.#patiently(() => headsOf(provider).now());
    if (settleReason(waiting, limits, now, clock()) === undefined) return undefined;
    const urgent = waiting
      .filter((entry) => isPayable(entry, now))
      .sort((a, b) => a.settleBy - b.settleBy)
      .slice(0, 2 * limits.maxBatch);
    const { ready, stale } = await this.#patiently(() =>
      triage(reader, proofs, urgent, { safetySeconds, now, clockNow: clock() }),
    );
    for (const { entry, reason, blamed } of stale) {
      metrics.droppedProofs.inc({ reason });
      const { jobId, slice, prover } = entry;
      log.warn({ jobId, slice, prover, reason, blamed }, 'accepted proof went stale');
    }
    const reason = settleReason(ready, limits, now, clock());
    if (reason === undefined) return undefined;
    return { proofs: ready.slice(0, limits.maxBatch), reason, block };
  }

  /** Why the chain would refuse these together; undefined when it would not. */
  #refusal(proofs: readonly ReadyProof[]): Promise<unknown> {
    const { provider, sender } = this.#options;
    return this.#patiently(async () => {
      try {
        await provider.call({ ...(await this.#call(proofs)), from: sender.address });
        return undefined;
      } catch (error) {
        const named = nameRevert(error, contractInterfaces);
        if (named === error) throw error;
        return named;
      }
    });
  }

  /** Whether the tips are worth the gas. */
  #pays(proofs: readonly ReadyProof[], { gas, gasPrice }: Cost): boolean {
    const { assetPerNative, log } = this.#options;
    const cost = gasInAsset(gas * gasPrice, assetPerNative);
    const tips = proofs.reduce((sum, { tip }) => sum + tip, 0n);
    if (tips >= cost) return true;
    const fields = { proofs: proofs.length, tips: tips.toString(), cost: cost.toString() };
    log.warn(fields, 'settling would cost more than its tips, waiting');
    return false;
  }

  /** In one transaction; why not, and then nothing was sent. @throws what is wrong otherwise, sent or not */
  async #send(proofs: readonly ReadyProof[], { reason, block }: Batch): Promise<Sent> {
    const { sender, settlements, reader, provider, log, clock } = this.#options;
    log.info({ proofs: proofs.length, reason }, 'settling');
    let [id, why]: [number | undefined, Sent | undefined] = [undefined, undefined];
    const build = async (): Promise<ContractTransaction> => {
      const settled = await this.#patiently(() => settledSince(reader.contracts, provider, proofs, block));
      if (settled.length > 0) {
        why = 'settled-meanwhile';
        log.warn({ proofs: settled.length }, 'settled by another meanwhile, nothing was sent');
        throw new AggregatorError('SETTLED_MEANWHILE', 'proofs of the batch were settled by another sender');
      }
      const call = await this.#call(proofs);
      const bytes = call.data.length / 2;
      if (bytes > TRANSACTION_BYTES - ENVELOPE_BYTES) throw tooLarge('settle', `${bytes} bytes`);
      return call;
    };
    try {
      const receipt = await sender.send('settle', build, {
        ...(await this.#times(proofs)),
        beforeSign: (cost) => {
          if (this.#pays(proofs, cost)) return;
          why = 'unprofitable';
          throw new AggregatorError('SETTLEMENT_UNPROFITABLE', 'gas costs more than the tips bring');
        },
        beforeSend: async (transaction) => {
          if (id !== undefined) return settlements.replacing(id, transaction);
          id = await settlements.sending({
            settler: sender.address,
            transaction: transaction.hash,
            signed: transaction.signed,
            reason,
            proofIds: proofs.map(({ id: proof }) => proof),
            at: clock(),
          });
        },
      });
      if (id !== undefined) await this.#book(id, receipt);
      return 'sent';
    } catch (error) {
      if (why !== undefined) return why;
      // What was signed is seen through, or given up, before anything else is settled.
      if (id !== undefined) throw error;
      if (revertName(error) !== undefined) return { kind: 'refused', error };
      if (isTooMuch(error)) return { kind: 'too-much', error };
      throw error;
    }
  }

  /** Due when the first proof's time ends, and of use until the last one's. */
  async #times(
    proofs: readonly Pick<ReadyProof, 'payableUntil'>[],
  ): Promise<{ readonly withinSeconds: number; readonly cancelSeconds: number }> {
    const now = await this.#chainNow();
    const ends = proofs.map(({ payableUntil }) => payableUntil - now);
    return { withinSeconds: Math.min(...ends), cancelSeconds: Math.max(...ends) };
  }

  async #finishEarlier(): Promise<void> {
    const { sender, settlements, proofs, log, metrics } = this.#options;
    for (const { id, transaction, signed } of await settlements.unfinished(sender.address)) {
      log.info({ transaction }, 'seeing an earlier settlement through');
      const held = await proofs.ofSettlement(id);
      const receipt = await sender.resume('settle', signed, {
        ...(held.length > 0 ? await this.#times(held) : { cancelSeconds: 0 }),
        beforeSend: (replacing) => settlements.replacing(id, replacing),
      });
      if (receipt !== undefined && receipt.status === 1) {
        await this.#book(id, receipt);
      } else {
        await settlements.failed(id);
        metrics.settlements.inc({ outcome: 'failed' });
        log.warn({ transaction, mined: receipt !== undefined }, 'settlement failed, its proofs wait again');
      }
    }
  }

  /** Books what a mined settlement did. Done again after a crash, it books the same. */
  async #book(id: number, receipt: TransactionReceipt): Promise<void> {
    const { reader, proofs, settlements, clock, log, metrics } = this.#options;
    const { market } = reader.contracts;
    const outcomes = new Map<string, string>();
    for (const event of receipt.logs) {
      const parsed = market.interface.parseLog(event);
      if (parsed?.name !== 'SlicesSettled' && parsed?.name !== 'SlicesSkipped') continue;
      const { jobId, prover, slices, reason } = parsed.args.toObject() as Outcome;
      const outcome = reason === undefined ? 'paid' : SKIP_REASONS[Number(reason)];
      for (const slice of bitsOf(slices)) outcomes.set(`${jobId}:${slice}:${prover.toLowerCase()}`, outcome);
    }
    const held = await proofs.ofSettlement(id);
    let paid = 0;
    for (const { id: proof, jobId, slice, prover } of held) {
      const outcome = outcomes.get(`${jobId}:${slice}:${prover}`) ?? 'not-in-receipt';
      if (outcome === 'paid') {
        await proofs.settled(proof, clock());
        paid++;
      } else {
        // Something else was mined between simulation and block.
        const blamed = outcome === 'already-settled' || outcome === 'held-by-other';
        await proofs.drop(proof, outcome, blamed, clock());
        metrics.droppedProofs.inc({ reason: outcome });
        log.warn({ jobId, slice, prover, reason: outcome }, 'proof was settled without pay');
      }
    }
    await settlements.mined(id, receipt, paid);
    metrics.settlements.inc({ outcome: 'mined' });
    metrics.settledProofs.inc(paid);
    if (held.length > 0) metrics.gasPerProof.observe(Number(receipt.gasUsed) / held.length);
    log.info(
      {
        transaction: receipt.hash,
        proofs: held.length,
        paid,
        gasUsed: Number(receipt.gasUsed),
        block: receipt.blockNumber,
      },
      'batch settled',
    );
  }

  async #dropRefused({ id, jobId, slice, prover }: ReadyProof, error: unknown): Promise<void> {
    const { proofs, log, metrics, clock } = this.#options;
    const reason = `refused: ${revertName(error) ?? 'unknown revert'}`;
    await proofs.drop(id, reason, false, clock());
    metrics.droppedProofs.inc({ reason });
    log.error({ jobId, slice, prover, err: error }, 'the chain refuses a proof that was verified here');
  }

  #call(proofs: readonly ReadyProof[]): Promise<ContractTransaction> {
    const { reader, sender } = this.#options;
    const { market, deployment } = reader.contracts;
    const submission = {
      chainId: BigInt(deployment.chainId),
      market: deployment.addresses.market,
      settler: sender.address,
    };
    const settlement = buildSettlement(
      submission,
      proofs.map(({ proven }) => proven),
    );
    return settleCall(market, settlement);
  }

  #chainNow(): Promise<number> {
    return this.#patiently(() => this.#options.reader.now());
  }

  #patiently<T>(read: () => Promise<T>): Promise<T> {
    return patiently(this.#options.log, read, this.#options.signal);
  }
}
