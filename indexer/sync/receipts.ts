import { concat, dataLength, encodeRlp, hexlify, keccak256, toBeArray, type RlpStructuredData } from 'ethers';
import { z } from 'zod';
import { address, data, height, logSchema, quantity, word } from './chain-values.ts';

/** A transaction's receipt, with all of its events. */
export const receiptSchema = z.object({
  blockHash: word,
  transactionHash: word,
  transactionIndex: height,
  from: address,
  gasUsed: quantity,
  effectiveGasPrice: quantity.default(0n),
  cumulativeGasUsed: quantity,
  status: quantity.optional(),
  type: quantity.default(0n),
  logsBloom: data.optional(),
  logs: z.array(logSchema),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** The last type of transactions whose receipts are encoded as here. Others' chains add fields of their own. */
const LAST_TYPE = 4n;

/**
 * The root of a block's receipts, as its header has it (EIP-658, EIP-2718): whoever leaves out an event can't give receipts
 * that have this root.
 * @returns undefined when one of them is of a kind that is encoded otherwise
 */
export function receiptsRoot(receipts: readonly Receipt[]): string | undefined {
  const encoded: string[] = [];
  for (const { type, status, cumulativeGasUsed, logsBloom, logs } of receipts) {
    if (type > LAST_TYPE || status === undefined || logsBloom === undefined) return undefined;
    const body = encodeRlp([
      numberOf(status),
      numberOf(cumulativeGasUsed),
      logsBloom,
      logs.map((log) => [log.address, [...log.topics], log.data]),
    ]);
    encoded.push(type === 0n ? body : concat([toBeArray(type), body]));
  }
  return trieRoot(encoded);
}

/** Big endian, as few bytes as it takes. */
function numberOf(value: bigint): string {
  return hexlify(toBeArray(value));
}

interface Leaf {
  /** Half bytes. */
  readonly key: readonly number[];
  readonly value: string;
}

/** The root of a Merkle Patricia trie from 0, 1, … to values: the yellow paper's appendix D. */
export function trieRoot(values: readonly string[]): string {
  const leaves = values.map((value, index) => ({ key: halves(encodeRlp(numberOf(BigInt(index)))), value }));
  return keccak256(encodeRlp(leaves.length === 0 ? '0x' : nodeOf(leaves, 0)));
}

function nodeOf(leaves: readonly Leaf[], depth: number): RlpStructuredData {
  const [first] = leaves;
  if (leaves.length === 1) return [compact(first.key.slice(depth), true), first.value];
  let shared = 0;
  while (
    leaves.every(
      ({ key }) => key.length > depth + shared && key[depth + shared] === first.key[depth + shared],
    )
  ) {
    shared++;
  }
  if (shared > 0) {
    return [
      compact(first.key.slice(depth, depth + shared), false),
      referenceTo(nodeOf(leaves, depth + shared)),
    ];
  }
  const branches = Array.from({ length: 16 }, (_, half) => {
    const inside = leaves.filter(({ key }) => key[depth] === half);
    return inside.length === 0 ? '0x' : referenceTo(nodeOf(inside, depth + 1));
  });
  return [...branches, leaves.find(({ key }) => key.length === depth)?.value ?? '0x'];
}

/** A node of fewer than 32 bytes stands for itself. */
function referenceTo(node: RlpStructuredData): RlpStructuredData {
  const encoded = encodeRlp(node);
  return dataLength(encoded) < 32 ? node : keccak256(encoded);
}

/** Half bytes with a first one that says whether they are odd in number and end at a leaf. */
function compact(key: readonly number[], isLeaf: boolean): string {
  const flag = isLeaf ? 2 : 0;
  const all = key.length % 2 === 1 ? [flag + 1, ...key] : [flag, 0, ...key];
  return `0x${all.map((half) => half.toString(16)).join('')}`;
}

function halves(hex: string): readonly number[] {
  return [...hex.slice(2)].map((digit) => Number.parseInt(digit, 16));
}
