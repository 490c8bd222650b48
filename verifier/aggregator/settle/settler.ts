import type { ContractTransaction, JsonRpcProvider, TransactionReceipt } from 'ethers';
import { isOutage, patiently } from '../../../protocol/chain/provider.ts';
import { nameRevert, revertName } from '../../../protocol/chain/revert.ts';
import { mostGas, TRANSACTION_BYTES, TRANSACTION_GAS } from '../../../protocol/chain/sending/limits.ts';
import { classifyRefusal } from '../../../protocol/chain/sending/refusals.ts';
import type { Sender } from '../../../protocol/chain/sending/sender.ts';
import { contractInterfaces } from '../../../protocol/contracts/market.ts';
import { SKIP_REASONS } from '../../../protocol/contracts/states.ts';
import type { Log } from '../../../protocol/log.ts';
import { buildSettlement } from '../../../protocol/settlement/settlement.ts';
import { settleCall } from '../../../protocol/settlement/settle-call.ts';
import type { MarketReader } from '../../chain/market-reader.ts';
import type { ProofBook } from '../book/proofs.ts';
import type { SettlementBook, SettleReason } from '../book/settlements.ts';
import type { AggregatorMetrics } from '../metrics.ts';
import { isPayable, settleReason, type BatchLimits } from './due.ts';
import { gasInAsset } from './profit.ts';
import { separate } from './separate.ts';
import { triage, type ReadyProof } from './triage.ts';

export interface SettlerOptions {
  readonly reader: MarketReader;
  readonly provider: JsonRpcProvider;
  readonly sender: Sender;
  readonly proofs: ProofBook;
  readonly settlements: SettlementBook;
  readonly limits: BatchLimits;
  /** As in {@link settleBy}. */
  readonly safetySeconds: number;
  /** Worth of one native coin (10^18 wei) in the asset's smallest unit; 0 settles at any gas price. */
  readonly assetPerNative: bigint;
  readonly log: Log;
  readonly metrics: AggregatorMetrics;
  /** Milliseconds. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** What a transaction has besides its calldata: addresses, fees and signature, and then some. */
const ENVELOPE_BYTES = 512;

/** Settles what waits. At most one runs for an account at a time. */
export class Settler {
  readonly #options: SettlerOptions;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Why something has to be done now: a settlement to see through, or proofs that are due. */
  async due(signal: AbortSignal): Promise<SettleReason | 'unfinished' | undefined> {
    const { proofs, settlements, sender, metrics, reader, log, limits, clock } = this.#options;
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
      // What is due together is settled together, in as many transactions as it takes.
      for (let rest = batch.proofs; rest.length > 0;) {
        const part = await this.#mostThatFit(rest);
        rest = rest.slice(part.length);
        const { good, bad } = await separate(part, (some) => this.#refusal(some));
        for (const { item, error } of bad) await this.#dropRefused(item, error);
        if (good.length === 0) continue;
        if (!(await this.#pays(good))) return false;
        await this.#send(good, batch.reason);
      }
    }
  }

  async #nextBatch(): Promise<{ proofs: readonly ReadyProof[]; reason: SettleReason } | undefined> {
    const { reader, proofs, limits, safetySeconds, log, clock, metrics } = this.#options;
    const waiting = await proofs.waiting();
    const now = await this.#chainNow();
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
    return { proofs: ready.slice(0, limits.maxBatch), reason };
  }

  /** As many of the first, the most urgent, as one transaction may hold. */
  async #mostThatFit(proofs: readonly ReadyProof[]): Promise<readonly ReadyProof[]> {
    for (let count = proofs.length; count > 1; count = Math.ceil(count / 2)) {
      const part = proofs.slice(0, count);
      if (!(await this.#isTooMuch(part))) return part;
      this.#options.log.info({ proofs: count }, 'too much for one transaction, settling in parts');
    }
    return proofs.slice(0, 1);
  }

  async #isTooMuch(proofs: readonly ReadyProof[]): Promise<boolean> {
    const { provider, sender } = this.#options;
    const call = await this.#call(proofs);
    if (call.data.length / 2 > TRANSACTION_BYTES - ENVELOPE_BYTES) return true;
    return this.#patiently(async () => {
      const head = await provider.getBlock('latest');
      try {
        const gas = await provider.estimateGas({ ...call, from: sender.address });
        return gas > mostGas(head?.gasLimit ?? TRANSACTION_GAS);
      } catch (error) {
        if (isOutage(error)) throw error;
        if (nameRevert(error, contractInterfaces) === error) return classifyRefusal(error) === 'gas';
        // A pairing that is left too little gas fails as a false one does: then nothing among them is refused by itself.
        const { bad } = await separate(proofs, (part) => this.#refusal(part));
        return bad.length === 0;
      }
    });
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

  async #pays(proofs: readonly ReadyProof[]): Promise<boolean> {
    const { provider, sender, assetPerNative, log } = this.#options;
    if (assetPerNative === 0n) return true;
    const [gas, fees] = await this.#patiently(async () => {
      const call = { ...(await this.#call(proofs)), from: sender.address };
      return Promise.all([provider.estimateGas(call), provider.getFeeData()]);
    });
    const gasPrice = fees.gasPrice ?? fees.maxFeePerGas ?? 0n;
    const cost = gasInAsset(gas * gasPrice, assetPerNative);
    const tips = proofs.reduce((sum, { tip }) => sum + tip, 0n);
    if (tips >= cost) return true;
    const fields = { proofs: proofs.length, tips: tips.toString(), cost: cost.toString() };
    log.warn(fields, 'settling would cost more than its tips, waiting');
    return false;
  }

  async #send(proofs: readonly ReadyProof[], reason: SettleReason): Promise<void> {
    const { sender, settlements, log, clock } = this.#options;
    log.info({ proofs: proofs.length, reason }, 'settling');
    let id: number | undefined;
    const receipt = await sender.send('settle', () => this.#call(proofs), {
      ...(await this.#times(proofs)),
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
      if (parsed?.name !== 'SliceSettled' && parsed?.name !== 'SliceSkipped') continue;
      // By position: a Result has a method of its own named `slice`.
      const [jobId, slice, prover, reason] = parsed.args as unknown as [string, bigint, string, bigint];
      const skipped = parsed.name === 'SliceSkipped' ? SKIP_REASONS[Number(reason)] : 'paid';
      outcomes.set(`${jobId}:${slice}:${prover.toLowerCase()}`, skipped);
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
