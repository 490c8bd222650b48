import { z } from 'zod';

const quantity = z.string().regex(/^0x[0-9a-f]{1,64}$/i);
const bytes = z.string().regex(/^0x([0-9a-f]{2})*$/i);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/i);

const block = z.looseObject({ number: quantity, hash, parentHash: hash, timestamp: quantity });
const event = z.looseObject({
  address: bytes,
  topics: z.array(hash),
  data: bytes,
  blockNumber: quantity,
  blockHash: hash,
  transactionHash: hash,
  logIndex: quantity,
});
const receipt = z.looseObject({ transactionHash: hash, blockNumber: quantity, logs: z.array(event) });
const transaction = z.looseObject({ hash, nonce: quantity });

/** What an answer to each method is. A machine that breaks may answer anything, and say that all is well. */
const SHAPES: Readonly<Record<string, z.ZodType>> = {
  eth_chainId: quantity,
  eth_blockNumber: quantity,
  eth_gasPrice: quantity,
  eth_maxPriorityFeePerGas: quantity,
  eth_estimateGas: quantity,
  eth_getBalance: quantity,
  eth_getTransactionCount: quantity,
  eth_call: bytes,
  eth_getCode: bytes,
  eth_sendRawTransaction: hash,
  eth_getLogs: z.array(event),
  // What isn't there is null.
  eth_getBlockByNumber: block.nullable(),
  eth_getBlockByHash: block.nullable(),
  eth_getTransactionReceipt: receipt.nullable(),
  eth_getTransactionByHash: transaction.nullable(),
};

/** Whether this can't be the answer to a request: of another kind, or null where there is always something. */
export function isNoAnswer(method: string, params: unknown, result: unknown): boolean {
  if (result === undefined) return true;
  if (method === 'eth_getBlockByNumber' && Array.isArray(params) && params[0] === 'latest' && result === null)
    return true;
  return SHAPES[method]?.safeParse(result).success === false;
}
