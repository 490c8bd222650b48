import type { JsonRpcProvider } from 'ethers';
import { hashTrace } from '../../protocol/settlement/trace-hash.ts';
import { findEvents } from '../../protocol/chain/find-events.ts';
import { headsOf } from '../../protocol/chain/heads.ts';
import { nameRevert, revertName } from '../../protocol/chain/revert.ts';
import { contractInterfaces, type Contracts } from '../../protocol/contracts/market.ts';
import { readCircuit } from '../../protocol/contracts/external.ts';
import { readModel, type RegisteredModel } from '../../protocol/contracts/model.ts';
import { JOB_STATES, SLICE_STATES, type JobState, type SliceState } from '../../protocol/contracts/states.ts';
import type { VerifyingKeyJson } from '../../groth16/formats/verifying-key.ts';
import { AggregatorError } from '../errors.ts';
import { BoundedCache } from './cache.ts';
import { keyFromRegistry } from './verifying-key.ts';

/** What matters of a job to whoever settles. Times: chain seconds. */
export interface JobNow {
  readonly jobId: string;
  readonly state: JobState;
  readonly modelId: string;
  /** See {@link hashTrace}; undefined before it is committed. */
  readonly traceHash: string | undefined;
  readonly deadline: number;
  readonly closing: number;
  readonly proveSeconds: number;
  /** Whether the requester announced a cancel: open slices are then proved until `cancelEnd` only. */
  readonly cancelled: boolean;
  /** Last second for open slices of a cancelled job. */
  readonly cancelEnd: number;
  /** What settling one slice pays, in 10^-18 of the asset. */
  readonly settleTip: bigint;
  /** In lower case. */
  readonly executor: string;
  /** Whether it has an admission contract say who may settle what nobody holds. */
  readonly asksWhoEnters: boolean;
}

/** What matters of a slice to whoever settles. Times: chain seconds, both included. */
export interface SliceNow {
  readonly state: SliceState;
  readonly due: boolean;
  /** Drawn or challenged: a cancel doesn't touch it. */
  readonly bound: boolean;
  /** The place of the bid that has it. */
  readonly place: number;
  readonly holder: string;
  readonly windowEnd: number;
  readonly lockEnd: number;
}

const CACHED_TRACES = 512;
const CACHED_MODELS = 128;
const CACHED_KEYS = 1024;

/** Reads market and registries. What never changes is read once. */
export class MarketReader {
  readonly contracts: Contracts;
  readonly #provider: JsonRpcProvider;
  readonly #models = new BoundedCache<RegisteredModel>(CACHED_MODELS);
  readonly #traces = new BoundedCache<readonly string[]>(CACHED_TRACES);
  readonly #keys = new BoundedCache<VerifyingKeyJson | undefined>(CACHED_KEYS);

  constructor(contracts: Contracts, provider: JsonRpcProvider) {
    this.contracts = contracts;
    this.#provider = provider;
  }

  /** Timestamp of the latest block, as it was one look ago at most. */
  async now(): Promise<number> {
    return (await headsOf(this.#provider).now()).timestamp;
  }

  /** Undefined when the market knows no such job. */
  async job(jobId: string): Promise<JobNow | undefined> {
    const view = await this.contracts.market.jobOf(jobId).catch((error: unknown) => {
      if (revertName(nameRevert(error, contractInterfaces)) === 'UnknownJob') return undefined;
      throw error;
    });
    if (view === undefined) return undefined;
    const state = JOB_STATES[Number(view.state)];
    return {
      jobId,
      state,
      modelId: view.modelId,
      traceHash: BigInt(view.traceHash) === 0n ? undefined : view.traceHash,
      deadline: Number(view.deadline),
      closing: Number(view.closing),
      proveSeconds: Number(view.offer.proveSeconds),
      cancelled: view.cancelled,
      cancelEnd: Number(view.cancelEnd),
      settleTip: view.offer.settleTip,
      executor: view.executor.toLowerCase(),
      asksWhoEnters: BigInt(view.admission.hook) !== 0n,
    };
  }

  /** @param index below the model's number of slices */
  async slice(jobId: string, index: number): Promise<SliceNow> {
    const view = await this.contracts.market.sliceOf(jobId, index);
    return {
      state: SLICE_STATES[Number(view.state)],
      due: view.due,
      bound: view.audited || view.challengedAt !== 0n,
      place: Number(view.place),
      holder: view.holder.toLowerCase(),
      windowEnd: Number(view.windowEnd),
      lockEnd: Number(view.lockEnd),
    };
  }

  model(modelId: string): Promise<RegisteredModel> {
    return this.#models.get(modelId, () => readModel(this.contracts, modelId));
  }

  /**
   * The registered key of a slice's circuit; undefined: another contract verifies it. A model's id binds its keys; a
   * circuit's number alone does not.
   */
  key(modelId: string, circuit: number): Promise<VerifyingKeyJson | undefined> {
    return this.#keys.get(keyIdOf(modelId, circuit), async () =>
      (await readCircuit(this.contracts, circuit)).external === undefined
        ? keyFromRegistry(await this.contracts.circuits.verifyingKey(circuit))
        : undefined,
    );
  }

  /**
   * The commitments of a job's tensors by id, from the event that brought them, checked against the hash that
   * the contract keeps.
   * @throws AggregatorError TRACE_UNKNOWN (retryable): the RPC gives no event with this trace
   */
  trace(jobId: string, traceHash: string): Promise<readonly string[]> {
    return this.#traces.get(`${jobId}:${traceHash}`, async () => {
      const { market, deployment } = this.contracts;
      const fragment = market.getEvent('TraceCommitted').fragment;
      const found = await findEvents(this.#provider, {
        address: deployment.addresses.market,
        topics: [fragment.topicHash, jobId],
        fromBlock: deployment.block,
        toBlock: (await headsOf(this.#provider).now()).number,
      });
      for (const log of found) {
        const trace = [...(market.interface.parseLog(log)?.args.trace as readonly string[])];
        if (hashTrace(trace) === traceHash) return trace;
      }
      throw new AggregatorError(
        'TRACE_UNKNOWN',
        `expected the event with the trace of job ${jobId}, ${found.length} traces came and none is it`,
        { retryable: true, hint: 'The chain’s RPC may lag, or keep no old events.' },
      );
    });
  }
}

/** Names a key for ever, whatever a reorganisation does to the registry's numbers. */
export function keyIdOf(modelId: string, circuit: number): string {
  return `${modelId}:${circuit}`;
}
