import { z } from 'zod';
import { address, data, height, logSchema, quantity, word } from './chain-values.ts';
import { keccak256 } from './keccak.ts';
import { bytesOf, rlpBytes, rlpList } from './rlp.ts';

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
    const body = rlpList([
      rlpBytes(bytesOf(status)),
      rlpBytes(bytesOf(cumulativeGasUsed)),
      rlpBytes(logsBloom.slice(2)),
      rlpList(logs.map(encodedLog)),
    ]);
    encoded.push(bytesOf(type) + body);
  }
  return trieRoot(encoded);
}

function encodedLog({ address: emitter, topics, data: rest }: Receipt['logs'][number]): string {
  return rlpList([
    rlpBytes(emitter.slice(2)),
    rlpList(topics.map((topic) => rlpBytes(topic.slice(2)))),
    rlpBytes(rest.slice(2)),
  ]);
}

interface Leaf {
  /** Half bytes, a digit each. */
  readonly key: string;
  readonly value: string;
}

/**
 * The root of a Merkle Patricia trie from 0, 1, … to values: the yellow paper's appendix D.
 * @param values as hex digits without 0x
 */
export function trieRoot(values: readonly string[]): string {
  const leaves = values.map((value, index) => ({ key: rlpBytes(bytesOf(index)), value }));
  return hashOf(leaves.length === 0 ? EMPTY : nodeOf(leaves, 0));
}

const EMPTY = rlpBytes('');

/** A node, encoded. */
function nodeOf(leaves: readonly Leaf[], depth: number): string {
  const [first] = leaves;
  if (leaves.length === 1) {
    return rlpList([rlpBytes(compact(first.key.slice(depth), true)), rlpBytes(first.value)]);
  }
  let shared = 0;
  while (
    leaves.every(
      ({ key }) => key.length > depth + shared && key[depth + shared] === first.key[depth + shared],
    )
  ) {
    shared++;
  }
  if (shared > 0) {
    return rlpList([
      rlpBytes(compact(first.key.slice(depth, depth + shared), false)),
      referenceTo(nodeOf(leaves, depth + shared)),
    ]);
  }
  const byDigit = Map.groupBy(leaves, ({ key }) => key[depth]);
  const branches = Array.from({ length: 16 }, (_, half) => {
    const inside = byDigit.get(half.toString(16));
    return inside === undefined ? EMPTY : referenceTo(nodeOf(inside, depth + 1));
  });
  return rlpList([...branches, rlpBytes(leaves.find(({ key }) => key.length === depth)?.value ?? '')]);
}

/** A node of fewer than 32 bytes stands for itself. */
function referenceTo(node: string): string {
  return node.length < 64 ? node : rlpBytes(hashOf(node).slice(2));
}

function hashOf(hex: string): string {
  return keccak256(Buffer.from(hex, 'hex'));
}

/** Half bytes with a first one that says whether they are odd in number and end at a leaf. */
function compact(key: string, isLeaf: boolean): string {
  const flag = isLeaf ? 2 : 0;
  return key.length % 2 === 1 ? `${flag + 1}${key}` : `${flag}0${key}`;
}
