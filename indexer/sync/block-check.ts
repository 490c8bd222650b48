import { getBytes, keccak256 } from 'ethers';
import { ChainError } from '../../protocol/chain/errors.ts';
import type { BlockHeader, ChainLog } from './chain-values.ts';
import { receiptsRoot, type Receipt } from './receipts.ts';

/** Which events a contract can emit. */
export interface Emitter {
  readonly address: string;
  /** First topics. */
  readonly topics: readonly string[];
}

const BLOOM_BITS = 2048;

/** A place in a bloom filter: byte and bit (the yellow paper's M3:2048). */
type Place = readonly [byte: number, bit: number];

function placesOf(value: string): readonly Place[] {
  const digest = getBytes(keccak256(value));
  return [0, 2, 4].map((at) => {
    const bit = ((digest[at] << 8) | digest[at + 1]) & (BLOOM_BITS - 1);
    return [255 - (bit >> 3), 1 << (bit & 7)];
  });
}

/**
 * Whether a block's events, as an RPC gave them, can be all there are. A header's bloom filter names the contracts and the
 * kinds of events of its block: one that is named and wasn't given was left out, or the filter errs, which it does ever more
 * often the fuller it is; receipts decide. One that was given and isn't named is none.
 */
export class BlockCheck {
  readonly #emitters: readonly {
    readonly address: string;
    readonly places: readonly Place[];
    readonly topics: readonly { readonly topic: string; readonly places: readonly Place[] }[];
  }[];
  /** Whether receipts of this chain were found to have the root that its headers say. */
  #roots: boolean | undefined;

  constructor(emitters: readonly Emitter[]) {
    this.#emitters = emitters.map(({ address, topics }) => ({
      address: address.toLowerCase(),
      places: placesOf(address),
      topics: topics.map((topic) => ({ topic, places: placesOf(topic) })),
    }));
  }

  /** Whether roots of receipts say anything on this chain, as far as is known. */
  get rootsCount(): boolean {
    return this.#roots !== false;
  }

  /** Whether the header names events that are not among these. */
  misses({ logsBloom }: BlockHeader, logs: readonly ChainLog[]): boolean {
    if (logsBloom === undefined) return false;
    const bloom = getBytes(logsBloom);
    // A chain that fills none says nothing, and so does one that fills all.
    if (bloom.every((byte) => byte === 0xff)) return false;
    const has = (places: readonly Place[]): boolean => places.every(([at, bit]) => (bloom[at] & bit) !== 0);
    return this.#emitters.some(
      ({ address, places, topics }) =>
        has(places) &&
        topics.some(
          ({ topic, places: kind }) =>
            has(kind) && !logs.some((log) => log.address === address && log.topics[0] === topic),
        ),
    );
  }

  /**
   * The events of our contracts in a block, by its receipts; `proven`: these are all, by the root in the header;
   * `doubtful`: they have another root.
   * @throws ChainError `CHAIN_INCOMPLETE` (retryable) when these can't be all
   */
  logsOf(
    header: BlockHeader,
    receipts: readonly Receipt[],
  ): { readonly logs: readonly ChainLog[]; readonly proven: boolean; readonly doubtful: boolean } {
    const ordered = receipts.toSorted((a, b) => a.transactionIndex - b.transactionIndex);
    const whole =
      ordered.every(({ blockHash }, i) => blockHash === header.hash && ordered[i].transactionIndex === i) &&
      (header.transactions === undefined || header.transactions.length === ordered.length);
    if (!whole) throw incomplete(header, 'receipts');
    const root = header.receiptsRoot === undefined ? undefined : receiptsRoot(ordered);
    const proven = root !== undefined && root === header.receiptsRoot;
    if (proven) this.#roots = true;
    else if (root !== undefined) {
      if (this.#roots === true) throw incomplete(header, 'receipts');
      this.#roots = false;
    }
    const ours = new Set(this.#emitters.map(({ address }) => address));
    return {
      logs: ordered.flatMap(({ logs }) => logs.filter((log) => ours.has(log.address))),
      proven,
      doubtful: root !== undefined && !proven,
    };
  }
}

/** What an RPC gave of a block can't be all. */
export function incomplete({ number }: { readonly number: number }, what: string): ChainError {
  return new ChainError('CHAIN_INCOMPLETE', `the RPC leaves out ${what} of block ${number}`, {
    retryable: true,
    hint: 'It is asked again, and elsewhere where --rpc names several addresses.',
    details: { block: number },
  });
}
