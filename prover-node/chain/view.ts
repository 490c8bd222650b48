import { concat, isError, keccak256, type JsonRpcProvider, type Log as ChainLog } from 'ethers';
import { isOutage } from '../../protocol/chain/provider.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import { NodeError } from '../errors.ts';
import { JOB_STATES } from '../../protocol/contracts/states.ts';
import { bitsOf, hintsOf, jobViewOf, sliceViewOf } from './state.ts';
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

interface Known {
  readonly hints: JobHints;
  /** Traces by their hash: a reorganisation may bring another one. */
  readonly traces: Map<string, { readonly commitments: readonly string[]; readonly digest: string }>;
  endedAt?: number;
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
    const { provider, contracts, account, log } = this.#options;
    const [head, [balance, reserved], gasPrice, jobs] = await Promise.all([
      provider.getBlock(block),
      contracts.market.accountOf(account, { blockTag: block }),
      provider.send('eth_gasPrice', []) as Promise<string>,
      Promise.all(
        [...this.#known].map(([id, known]) =>
          this.#readJob(id, known, block).catch((error: unknown) => {
            if (isOutage(error)) throw error;
            log.warn({ jobId: id, err: error }, 'job could not be read');
            return undefined;
          }),
        ),
      ),
    ]);
    if (!head) {
      throw new NodeError('NODE_BLOCK_GONE', `block ${block} is not there any more`, { retryable: true });
    }
    return {
      block,
      now: head.timestamp,
      jobs: jobs.filter((job) => job !== undefined),
      balance,
      reserved,
      gasPrice: BigInt(gasPrice),
    };
  }

  async #readJob(id: string, known: Known, block: number): Promise<JobView | undefined> {
    const { market } = this.#options.contracts;
    const at = { blockTag: block };
    let job;
    try {
      job = await market.jobOf(id, at);
    } catch (error) {
      if (!isError(error, 'CALL_EXCEPTION') || error.revert?.name !== 'UnknownJob') throw error;
      // Its event was in a block that is gone. Should it come back, so will its event.
      this.#known.delete(id);
      return undefined;
    }
    const state = JOB_STATES[Number(job.state)];
    const ended = state === 'finalized' || state === 'closed';
    if (ended && !this.#options.lookedAt(id)) {
      known.endedAt ??= block;
      if (block >= known.endedAt + ENDED_BLOCKS) this.#known.delete(id);
      return undefined;
    }
    if (!ended) delete known.endedAt;
    const traced = ended || state === 'traced';
    const open = state === 'posted' || state === 'claimed';
    const [admitted, unitPriceNow, executionPriceNow, slices] = await Promise.all([
      job.restricted ? market.admits(id, this.#options.account, at) : true,
      state === 'traced' ? market.unitPriceNow(id, at) : 0n,
      open ? market.executionPriceNow(id, at) : 0n,
      traced
        ? Promise.all(
            bitsOf(job.due).map(async (index) => sliceViewOf(index, await market.sliceOf(id, index, at))),
          )
        : [],
    ]);
    const trace = known.traces.get(job.traceHash);
    return jobViewOf(id, job, known.hints, {
      admitted,
      slices,
      unitPriceNow,
      executionPriceNow,
      trace: trace && { hash: job.traceHash, ...trace },
    });
  }
}
