import { concat, keccak256, type JsonRpcProvider, type Log as ChainLog } from 'ethers';
import { isOutage } from '../../protocol/chain/outage.ts';
import type { IMarketLens } from '../../protocol/contracts/generated/interfaces/IMarketLens.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import { NodeError } from '../errors.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { hintsOf, jobViewOf, sliceViewOf } from './state.ts';
import type { JobHints, JobView, Snapshot } from './state.ts';

export interface ChainViewOptions {
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  /** The node's account. */
  readonly account: string;
  readonly log: Log;
  /** Jobs that are still looked at after they ended, because something of theirs is unresolved. */
  readonly lookedAt: (jobId: string) => boolean;
}

/** An ended job is kept for so many blocks: a short reorganisation may open it again. */
const ENDED_BLOCKS = 12;

/**
 * Slices read in one call at most, a job by itself counted as some. A slice takes about 18,000 gas, a job 70,000, so a call
 * stays below 5 million; many RPC services stop one at 10 to 50 million.
 */
const SLICES_A_CALL = 256;
const JOB_IN_SLICES = 4;

interface Known {
  readonly hints: JobHints;
  /** Traces by their hash: a reorganisation may bring another one. */
  readonly traces: Map<string, { readonly commitments: readonly string[]; readonly digest: string }>;
  endedAt?: number;
  /** How many slices were due when it was last read. */
  slices?: number;
}

/**
 * The market as the node sees it. Events say which jobs there are and bring what the contract keeps only as a
 * hash; everything else is read from the contract, all of it at one block.
 */
export class ChainView {
  readonly #options: ChainViewOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: ChainViewOptions) {
    this.#options = options;
  }

  /** Takes events in, in any order and any number of times. */
  hear(logs: readonly ChainLog[]): void {
    const { market } = this.#options.contracts;
    for (const event of logs) {
      const parsed = market.interface.parseLog(event);
      if (parsed?.name === 'JobPosted') {
        const { jobId, request } = parsed.args as unknown as {
          jobId: string;
          request: Parameters<typeof hintsOf>[0];
        };
        if (!this.#known.has(jobId)) this.#known.set(jobId, { hints: hintsOf(request), traces: new Map() });
      } else if (parsed?.name === 'TraceCommitted') {
        const { jobId, trace, traceDigest } = parsed.args as unknown as {
          jobId: string;
          trace: readonly string[];
          traceDigest: string;
        };
        const commitments = [...trace];
        this.#known
          .get(jobId)
          ?.traces.set(keccak256(concat(commitments)), { commitments, digest: traceDigest });
      }
    }
  }

  /**
   * Reads the contract as it stood at a block. A job that can't be read now is left out and logged.
   * @throws NodeError NODE_BLOCK_GONE (retryable); what the provider throws when it is away
   */
  async read(block: number): Promise<Snapshot> {
    const { provider, contracts, account } = this.#options;
    const [head, [balance, reserved], gasPrice, jobs] = await Promise.all([
      provider.getBlock(block),
      contracts.market.accountOf(account, { blockTag: block }),
      provider.send('eth_gasPrice', []) as Promise<string>,
      Promise.all(this.#groups().map((ids) => this.#readGroup(ids, block))),
    ]);
    if (!head) {
      throw new NodeError('NODE_BLOCK_GONE', `block ${block} is not there any more`, { retryable: true });
    }
    return { block, now: head.timestamp, jobs: jobs.flat(), balance, reserved, gasPrice: BigInt(gasPrice) };
  }

  /** The known jobs, as many in one call as it can take. How large a job is shows when it was read once. */
  #groups(): string[][] {
    const groups: string[][] = [];
    let room = 0;
    for (const [id, { slices = SLICES_A_CALL }] of this.#known) {
      const size = JOB_IN_SLICES + slices;
      if (room < size) {
        groups.push([]);
        room = SLICES_A_CALL;
      }
      groups[groups.length - 1].push(id);
      room -= size;
    }
    return groups;
  }

  /** In halves where the RPC doesn't let one call do so much. */
  async #readGroup(ids: readonly string[], block: number): Promise<JobView[]> {
    const { contracts, log } = this.#options;
    try {
      const wholes = await contracts.lens.jobs(contracts.market, [...ids], { blockTag: block });
      const jobs = await Promise.all(ids.map((id, i) => this.#jobOf(id, wholes[i], block)));
      return jobs.filter((job) => job !== undefined);
    } catch (error) {
      if (isOutage(error)) throw error;
      if (ids.length === 1) {
        log.warn({ jobId: ids[0], err: error }, 'job could not be read');
        return [];
      }
      const middle = Math.floor(ids.length / 2);
      const halves = [ids.slice(0, middle), ids.slice(middle)];
      return (await Promise.all(halves.map((half) => this.#readGroup(half, block)))).flat();
    }
  }

  async #jobOf(
    id: string,
    whole: IMarketLens.WholeJobStructOutput,
    block: number,
  ): Promise<JobView | undefined> {
    const known = this.#known.get(id);
    if (known === undefined) return undefined;
    const { job } = whole;
    if (!whole.known) {
      // Its event was in a block that is gone. Should it come back, so will its event.
      this.#known.delete(id);
      return undefined;
    }
    known.slices = Number(job.dueCount);
    const state = JOB_STATES[Number(job.state)];
    const ended = state === 'finalized' || state === 'closed';
    if (ended && !this.#options.lookedAt(id)) {
      known.endedAt ??= block;
      if (block >= known.endedAt + ENDED_BLOCKS) this.#known.delete(id);
      return undefined;
    }
    if (!ended) delete known.endedAt;
    const { contracts, account } = this.#options;
    const trace = known.traces.get(job.traceHash);
    return jobViewOf(id, job, known.hints, {
      admitted: job.restricted ? await contracts.market.admits(id, account, { blockTag: block }) : true,
      slices: whole.views.map((view, i) => sliceViewOf(Number(whole.slices[i]), view)),
      unitPriceNow: whole.unitPriceNow,
      executionPriceNow: whole.executionPriceNow,
      trace: trace && { hash: job.traceHash, ...trace },
    });
  }
}
