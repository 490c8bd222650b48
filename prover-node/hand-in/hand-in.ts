import type { ContractTransaction, JsonRpcProvider } from 'ethers';
import type { NodeAccount } from '../account.ts';
import { sendInParts } from '../../protocol/chain/sending/in-parts.ts';
import type { SendOptions, Sender } from '../../protocol/chain/sending/sender.ts';
import { MOST_HOOK_GAS } from '../../protocol/contracts/admission.ts';
import { externalProofHolds } from '../../protocol/contracts/external.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { settledSince } from '../../protocol/contracts/settled-since.ts';
import type { Log } from '../../protocol/log.ts';
import { proofFromSnarkjs } from '../../protocol/settlement/points.ts';
import { signalsOf } from '../../protocol/settlement/signals.ts';
import { settleCall } from '../../protocol/settlement/settle-call.ts';
import { buildSettlement, type ProvenSlice } from '../../protocol/settlement/settlement.ts';
import type { Attempts } from '../attempts.ts';
import { NodeError } from '../errors.ts';
import {
  keepJobs,
  payableUntil,
  type JobView,
  type Snapshot,
  type SliceView,
  type TracedJob,
} from '../chain/state.ts';
import type { GasUsed } from '../pricing/gas-used.ts';
import type { Model, ModelCatalog } from '../model/catalog.ts';
import { nameOf, type ProofRecord, type ProofShelf } from '../prove/proofs.ts';
import { handToAggregator } from './aggregator-client.ts';
import { planHandIn, type HandInStep } from './plan.ts';

export interface HandInOptions {
  readonly contracts: Contracts;
  readonly provider: JsonRpcProvider;
  readonly sender: Sender;
  readonly account: NodeAccount;
  readonly catalog: ModelCatalog;
  readonly shelf: ProofShelf;
  readonly attempts: Attempts;
  readonly gasUsed: Pick<GasUsed, 'record'>;
  readonly aggregators: readonly string[];
  readonly settleMargin: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Brings proofs to the chain: through an aggregator while there is time, by a settlement of its own when not. */
export class HandIn {
  readonly #options: HandInOptions;
  /** Proofs whose settlement is under way, by name. */
  readonly #settling = new Set<string>();
  /** Proofs in a settlement of ours, until the chain's state shows it. */
  readonly #settledAt = new Map<string, number>();

  constructor(options: HandInOptions) {
    this.#options = options;
  }

  consider({ jobs, now, block }: Snapshot): void {
    const { shelf } = this.#options;
    keepJobs(this.#settledAt, jobs);
    this.#takeBack(jobs, now);
    const urgent = new Map<JobView, ProofRecord[]>();
    for (const record of shelf.open()) {
      const job = jobs.find(({ id }) => id === record.jobId);
      const slice = job?.slices.find(({ index }) => index === record.slice);
      if (!job || !slice) continue;
      if (job.traceHash !== record.traceHash) {
        this.#resolve(record, { kind: 'lost' });
        continue;
      }
      const step = this.#stepOf(record, job, slice, now);
      if (step.kind === 'paid') this.#paid(record, slice);
      else if (step.kind === 'lost') this.#resolve(record, { kind: 'lost' });
      else if (step.kind === 'hand-over') this.#handOver(record, job, step.seconds, urgent);
      else if (step.kind === 'settle' && (this.#settledAt.get(nameOf(record)) ?? 0) <= block) {
        add(urgent, job, record);
      }
    }
    for (const [job, all] of urgent) {
      // What is on its way already would make a settlement of the others fail once it is there.
      const records = all.filter((record) => !this.#settling.has(nameOf(record)));
      // One that its verifier comes to refuse must not keep the others waiting.
      const [external, keyed] = [true, false].map((is) =>
        records.filter(({ proof }) => 'external' in proof === is),
      );
      for (const group of [keyed, ...external.map((record) => [record])]) {
        if (group.length > 0) this.#settle(job, group, { now, block });
      }
    }
  }

  #stepOf({ proof }: ProofRecord, job: JobView, slice: SliceView, now: number): HandInStep {
    const { account, aggregators, settleMargin } = this.#options;
    const hasAggregator = aggregators.length > 0 && !('external' in proof);
    return planHandIn(job, slice, now, { account: account.address, hasAggregator, settleMargin });
  }

  /** A reorganisation may undo what became of a proof: it is brought again, since collateral or a bond may hang on it. */
  #takeBack(jobs: readonly JobView[], now: number): void {
    const { shelf, attempts, log } = this.#options;
    for (const job of jobs) {
      for (const slice of job.slices) {
        const record = shelf.find({ jobId: job.id, slice: slice.index }, job.traceHash);
        if (record?.outcome === undefined) continue;
        const { kind } = this.#stepOf(record, job, slice, now);
        if (kind === 'paid' || kind === 'lost') continue;
        const name = nameOf(record);
        const fields = { jobId: job.id, slice: slice.index };
        attempts.forget((other) =>
          [`hand in ${name}`, `resolve ${name}`, `take back ${name}`].includes(other),
        );
        attempts.ensure(`take back ${name}`, fields, () => shelf.put({ ...record, outcome: undefined }));
        log.warn({ ...fields, was: record.outcome.kind }, 'the chain has taken back what became of a proof');
      }
    }
  }

  #handOver(record: ProofRecord, job: JobView, seconds: number, urgent: Map<JobView, ProofRecord[]>): void {
    const { attempts, aggregators, log, signal } = this.#options;
    const { jobId, slice, prover, proof } = record;
    if ('external' in proof) return add(urgent, job, record);
    const fields = { jobId, slice };
    const standing = attempts.ensure(`hand in ${nameOf(record)}`, fields, async () => {
      const taken = await handToAggregator(
        aggregators,
        { jobId, slice, prover, proof },
        log,
        signal,
        seconds,
      );
      log.info({ ...fields, ...taken }, 'proof handed in');
    });
    // Refused for good by all of them: nobody else will settle it.
    if (standing === 'refused') add(urgent, job, record);
  }

  #settle(
    job: JobView,
    records: readonly ProofRecord[],
    { now, block }: Pick<Snapshot, 'now' | 'block'>,
  ): void {
    const { contracts, provider, sender, attempts, catalog, gasUsed, log } = this.#options;
    const model = catalog.ready(job.modelId);
    const { trace } = job;
    if (!model || !trace) return;
    const slices = records.map(({ slice }) => slice);
    const name = `settle ${job.id} ${slices.join(',')}`;
    const times = timesOf(job, slices, now);
    attempts.ensure(name, { jobId: job.id, slices }, () =>
      this.#whileSettling(records, async () => {
        const proven = records.map((record) => ({ record, slice: provenSlice(job, model, trace, record) }));
        for (const { slice } of proven) await this.#expectTaken(slice);
        const submission = {
          chainId: BigInt(contracts.deployment.chainId),
          market: contracts.deployment.addresses.market,
          settler: sender.address,
        };
        await sendInParts(proven, async (part) => {
          const settlement = buildSettlement(
            submission,
            part.map(({ slice }) => slice),
          );
          const build = async (): Promise<ContractTransaction> => {
            const own = part.map(({ record }) => record);
            const [settled] = await settledSince(contracts, provider, own, block);
            if (settled) throw settledMeanwhile(settled);
            return settleCall(contracts.market, settlement);
          };
          const receipt = await sender.send('settle', build, {
            ...times,
            // What an unknown contract burns of the gas must not keep what is held beside it from being paid.
            spareGas: job.foreignHook === undefined ? undefined : MOST_HOOK_GAS,
          });
          for (const { record } of part) this.#settledAt.set(nameOf(record), receipt.blockNumber);
          const settled = part.map(({ record: { slice } }) => slice);
          // One by itself, whose proof the market's own verifier checked: what is reckoned for each.
          if (part.length === 1 && !('external' in part[0].record.proof)) {
            void gasUsed.record('settle', receipt.gasUsed);
          }
          log.info(
            { jobId: job.id, slices: settled, gas: receipt.gasUsed.toString() },
            'settled by the node itself',
          );
        });
      }),
    );
    // What the contract skipped is settled again when its turn comes; the receipt's block guards the repetition.
    if (attempts.standingOf(name) === 'done') attempts.forget((other) => other === name);
  }

  async #whileSettling(records: readonly ProofRecord[], settle: () => Promise<void>): Promise<void> {
    const names = records.map(nameOf);
    for (const name of names) this.#settling.add(name);
    try {
      await settle();
    } finally {
      for (const name of names) this.#settling.delete(name);
    }
  }

  /**
   * A verifier contract that came to refuse a proof would make each settlement cost gas and pay nothing.
   * @throws NodeError NODE_PROOF_REFUSED (retryable)
   */
  async #expectTaken({ circuit, proof, ...slice }: ProvenSlice): Promise<void> {
    if (!('external' in proof)) return;
    const { contracts } = this.#options;
    const { chainId, addresses } = contracts.deployment;
    const signals = signalsOf({ chainId: BigInt(chainId), market: addresses.market, ...slice });
    if (await externalProofHolds(contracts, Number(circuit), signals, proof.external)) return;
    throw new NodeError(
      'NODE_PROOF_REFUSED',
      `slice ${slice.slice}: its verifier contract refuses the proof now`,
      {
        retryable: true,
        hint: 'The contract, or what it reads, has changed since the proof was made.',
      },
    );
  }

  #paid(record: ProofRecord, slice: SliceView): void {
    const model = this.#options.catalog.ready(record.modelId);
    if (!model) return;
    const weight = BigInt(model.registered.slices[record.slice].weight);
    this.#resolve(record, { kind: 'paid', pricePaid: (weight * slice.unitPrice).toString() });
  }

  #resolve(record: ProofRecord, outcome: NonNullable<ProofRecord['outcome']>): void {
    const { attempts, shelf, log } = this.#options;
    const { jobId, slice } = record;
    attempts.ensure(`resolve ${nameOf(record)}`, { jobId, slice }, async () => {
      await shelf.put({ ...record, outcome });
      log.info({ jobId, slice, ...outcome }, 'proof resolved');
    });
  }
}

/** Another process of this account did, or somebody else for it: the chain's next state shows whom it paid. */
function settledMeanwhile({ slice }: ProofRecord): NodeError {
  return new NodeError('NODE_SETTLED_MEANWHILE', `slice ${slice} was settled by another sender`, {
    retryable: true,
    hint: 'Nothing was sent.',
  });
}

function provenSlice(
  { id: jobId, slices }: JobView,
  { registered }: Model,
  { commitments: trace }: TracedJob['trace'],
  { slice, prover, proof }: ProofRecord,
): ProvenSlice {
  const { circuit, inputs, outputs } = registered.slices[slice];
  return {
    jobId,
    slice,
    prover,
    place: slices.find(({ index }) => index === slice)?.place,
    circuit: BigInt(circuit),
    inputs,
    outputs,
    trace,
    proof: 'external' in proof ? proof : proofFromSnarkjs(proof),
  };
}

/** Due when the first of them is no longer paid to its holder. A late one may still be paid for so long as a hold lasts. */
function timesOf(job: JobView, slices: readonly number[], now: number): SendOptions {
  const ends = job.slices
    .filter(({ index }) => slices.includes(index))
    .map((slice) => payableUntil(job, slice));
  const withinSeconds = Math.max(0, Math.min(...ends) - now);
  return { withinSeconds, cancelSeconds: withinSeconds + job.offer.proveSeconds };
}

function add(map: Map<JobView, ProofRecord[]>, job: JobView, record: ProofRecord): void {
  map.set(job, [...(map.get(job) ?? []), record]);
}
