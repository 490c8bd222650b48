import type { JsonRpcProvider } from 'ethers';
import { headsOf, idleSeconds } from '../../protocol/chain/heads.ts';
import { mostGas } from '../../protocol/chain/sending/limits.ts';
import type { Snapshot } from '../chain/state.ts';

/** Blocks that the time between blocks is measured over, and looks that their lateness is. */
const BLOCKS = 16;
const BALANCE_MS = 60_000;

/** How fast the chain goes, and what coins the sender has: what stakes are judged by, besides the chain's state. */
export class ChainPace {
  readonly #provider: JsonRpcProvider;
  readonly #sender: string;
  readonly #clock: () => number;
  readonly #pollSeconds: number | undefined;
  readonly #gaps: number[] = [];
  readonly #late: number[] = [];
  #lookedAt: number | undefined;
  #last: { readonly block: number; readonly now: number } | undefined;
  #native: bigint | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /**
   * @param clock milliseconds, any origin
   * @param pollSeconds between looks at the chain where nothing hinders them; undefined: with its blocks
   */
  constructor(
    provider: JsonRpcProvider,
    sender: string,
    clock: () => number,
    pollSeconds: number | undefined,
  ) {
    this.#pollSeconds = pollSeconds;
    this.#provider = provider;
    this.#sender = sender;
    this.#clock = clock;
  }

  /** Half of the last blocks came faster; 0 until there were two. */
  get blockSeconds(): number {
    return [...this.#gaps].sort((a, b) => a - b)[Math.floor(this.#gaps.length / 2)] ?? 0;
  }

  /**
   * Seconds that so many blocks in a row took at most lately; 0 until there were two. Half of all blocks come later than the
   * median says, and a stake that hangs on a few of them is lost in those.
   */
  slowest(blocks: number): number {
    if (this.#gaps.length === 0) return 0;
    const inARow = Math.min(blocks, this.#gaps.length);
    const sums = this.#gaps
      .slice(inARow - 1)
      .map((_, from) => this.#gaps.slice(from, from + inARow).reduce((sum, gap) => sum + gap, 0));
    return (Math.max(...sums) / inARow) * blocks;
  }

  /**
   * Seconds by which the latest of the last looks at the chain was later than the next block, or the block that is waited for is
   * now: what an RPC that refuses or shows an old chain, one that stands, or a busy machine, may cost whatever is done next too.
   */
  get lateSeconds(): number {
    return Math.max(0, this.#overdue(this.#clock()), ...this.#late);
  }

  /** Wei; undefined until it was read. */
  get native(): bigint | undefined {
    return this.#native;
  }

  /** The most gas that one transaction may have; undefined until it was read. */
  get mostGas(): bigint | undefined {
    const limit = headsOf(this.#provider).latest?.gasLimit;
    return limit === undefined ? undefined : mostGas(limit);
  }

  consider({ block, now }: Pick<Snapshot, 'block' | 'now'>): void {
    // The same state once more, between two looks.
    if (block === this.#last?.block) return this.#readBalance();
    if (this.#last && block > this.#last.block) {
      this.#gaps.push((now - this.#last.now) / (block - this.#last.block));
      if (this.#gaps.length > BLOCKS) this.#gaps.shift();
    }
    this.#last = { block, now };
    const at = this.#clock();
    if (this.#lookedAt !== undefined) {
      this.#late.push(this.#overdue(at));
      if (this.#late.length > BLOCKS) this.#late.shift();
    }
    this.#lookedAt = at;
    this.#readBalance();
  }

  /** Seconds by which a new block seen at a time is late. */
  #overdue(at: number): number {
    if (this.#lookedAt === undefined) return 0;
    return (at - this.#lookedAt) / 1000 - Math.max(this.#pollSeconds ?? idleSeconds(2), this.blockSeconds);
  }

  #readBalance(): void {
    const at = this.#clock();
    if (at < this.#readAt + BALANCE_MS) return;
    this.#readAt = at;
    this.#provider.getBalance(this.#sender).then(
      (native) => (this.#native = native),
      // Asked again with the next look.
      () => (this.#readAt = Number.NEGATIVE_INFINITY),
    );
  }
}
