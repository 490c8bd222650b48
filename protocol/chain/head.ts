import { getBytes, keccak256, type JsonRpcProvider } from 'ethers';
import { z } from 'zod';
import { ChainError } from './errors.ts';

/** A block as its header tells. */
export interface Head {
  readonly number: number;
  /** Lower case, as all hashes. */
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Wei per unit of gas; undefined on a chain without EIP-1559. */
  readonly baseFee: bigint | undefined;
  /** Gas that the block may have; undefined where the service leaves it out. */
  readonly gasLimit: bigint | undefined;
  /** Of the block's events; undefined where the service leaves it out. */
  readonly logsBloom: string | undefined;
}

const quantity = z.string().regex(/^0x[0-9a-fA-F]{1,64}$/);
const number = quantity.transform(Number).refine(Number.isSafeInteger);
const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .toLowerCase();

const headSchema = z.object({
  number,
  hash,
  parentHash: hash,
  timestamp: number,
  baseFeePerGas: quantity.transform(BigInt).nullish(),
  gasLimit: quantity.transform(BigInt).nullish(),
  logsBloom: z
    .string()
    .regex(/^0x[0-9a-fA-F]{512}$/)
    .nullish(),
});

/** What an RPC answered to `eth_getBlockByNumber`; undefined: it is no block. */
export function headOf(answer: unknown): Head | undefined {
  const parsed = headSchema.safeParse(answer);
  return parsed.success ? headFrom(parsed.data) : undefined;
}

function headFrom({ baseFeePerGas, gasLimit, logsBloom, ...rest }: z.output<typeof headSchema>): Head {
  return {
    ...rest,
    baseFee: baseFeePerGas ?? undefined,
    gasLimit: gasLimit ?? undefined,
    logsBloom: logsBloom ?? undefined,
  };
}

/** @throws ChainError CHAIN_UNREACHABLE (retryable), also when what comes is no block */
export async function readHead(
  provider: JsonRpcProvider,
  block: number | 'latest' = 'latest',
): Promise<Head> {
  const named = block === 'latest' ? block : `0x${block.toString(16)}`;
  const answer: unknown = await provider.send('eth_getBlockByNumber', [named, false]);
  const parsed = headSchema.safeParse(answer);
  if (!parsed.success) {
    throw new ChainError('CHAIN_UNREACHABLE', `block ${block} came as something else`, {
      retryable: true,
      details: { problem: z.prettifyError(parsed.error) },
    });
  }
  return headFrom(parsed.data);
}

/** What a header says of its block's events. */
type Bloom = Pick<Head, 'logsBloom'>;

/**
 * Whether a block may hold events of a contract, by its header: false is certain where headers are kept (the yellow
 * paper's M3:2048).
 */
function mayHaveEventsOf(address: string, { logsBloom }: Bloom): boolean {
  if (logsBloom === undefined) return true;
  const bloom = getBytes(logsBloom);
  const digest = getBytes(keccak256(address));
  return [0, 2, 4].every((at) => {
    const bit = ((digest[at] << 8) | digest[at + 1]) & 2047;
    return (bloom[255 - (bit >> 3)] & (1 << (bit & 7))) !== 0;
  });
}

/**
 * Spares the question for the events of a block whose header says that there are none. Some chains leave the bloom of their
 * headers empty: it counts only on one that was seen to fill it, and never again on one that was seen not to.
 */
export class BloomTrust {
  readonly #addresses: readonly string[];
  #right: boolean | undefined;

  /** @param addresses contracts whose events are asked for */
  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** Whether a block with events was looked at. */
  get known(): boolean {
    return this.#right !== undefined;
  }

  get trusted(): boolean {
    return this.#right === true;
  }

  /** A block was found to hold events of these addresses. */
  learn(header: Bloom, addresses: readonly string[]): void {
    if (addresses.length === 0) return;
    const right =
      header.logsBloom !== undefined && addresses.every((address) => mayHaveEventsOf(address, header));
    this.#right = right && this.#right !== false;
  }

  /** Whether a block certainly holds no events of the addresses. */
  excludes(header: Bloom): boolean {
    return this.trusted && !this.#addresses.some((address) => mayHaveEventsOf(address, header));
  }
}
