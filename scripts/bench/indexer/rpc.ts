import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createHttpServer } from '../../../protocol/http-server.ts';
import type { History } from './history.ts';

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

interface Filter {
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly blockHash?: string;
  readonly address?: string | readonly string[];
}

/** A JSON-RPC service that has nothing but the history. */
export async function serveHistory(history: History): Promise<{ readonly url: string; close(): void }> {
  const server = createHttpServer({}, (request, response) => {
    text(request)
      .then((body) => {
        const asked = JSON.parse(body) as Call | readonly Call[];
        const answered = Array.isArray(asked)
          ? asked.map((call: Call) => answer(history, call))
          : answer(history, asked as Call);
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(answered));
      })
      .catch((error: unknown) => {
        response.statusCode = 400;
        response.end(String(error));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(history: History, { id, method, params = [] }: Call): object {
  const found = resultOf(history, method, params);
  return found === undefined
    ? { jsonrpc: '2.0', id, error: { code: -32_601, message: `the method ${method} does not exist` } }
    : { jsonrpc: '2.0', id, result: found };
}

/** Undefined: there is no such method. */
function resultOf(history: History, method: string, [first, second]: readonly unknown[]): unknown {
  const numberOf = (tag: unknown): number =>
    tag === 'latest' || tag === 'safe' || tag === 'finalized' ? history.head : Number(tag);
  switch (method) {
    case 'eth_chainId':
      return `0x${history.deployment.chainId.toString(16)}`;
    case 'net_version':
      return String(history.deployment.chainId);
    case 'eth_blockNumber':
      return `0x${history.head.toString(16)}`;
    case 'eth_getBlockByNumber':
      return told(history.block(numberOf(first)), second === true);
    case 'eth_getBlockByHash':
      return told(history.blockOf(first as string), second === true);
    case 'eth_getLogs':
      return logsOf(history, first as Filter, numberOf);
    case 'eth_getBlockReceipts': {
      const block =
        (first as string).length === 66 ? history.blockOf(first as string) : history.block(numberOf(first));
      return block?.receipts ?? null;
    }
    case 'eth_call':
      return `0x${'00'.repeat(32)}`;
    default:
      return undefined;
  }
}

/** @param whole with its transactions, of which otherwise only the hashes are told */
function told(block: ReturnType<History['block']>, whole: boolean): unknown {
  if (block === undefined) return null;
  if (!whole) return block.header;
  const transactions = block.receipts.map(
    ({ blockHash, blockNumber, transactionHash, transactionIndex, from, gasUsed }) => ({
      ...{ blockHash, blockNumber, hash: transactionHash, transactionIndex, from, to: from, gas: gasUsed },
      ...{ type: '0x2', nonce: '0x0', value: '0x0', input: '0x', v: '0x0', r: '0x1', s: '0x1' },
      ...{ gasPrice: '0x7', maxFeePerGas: '0x7', maxPriorityFeePerGas: '0x0', chainId: '0x7a69' },
    }),
  );
  return { ...block.header, transactions };
}

function logsOf(history: History, filter: Filter, numberOf: (tag: unknown) => number): readonly unknown[] {
  const { blockHash, fromBlock, toBlock, address = [] } = filter;
  const wanted = new Set([address].flat().map((one) => one.toLowerCase()));
  const blocks =
    blockHash === undefined
      ? Array.from({ length: numberOf(toBlock) - numberOf(fromBlock) + 1 }, (_, i) =>
          history.block(numberOf(fromBlock) + i),
        )
      : [history.blockOf(blockHash)];
  return blocks
    .flatMap((block) => block?.logs ?? [])
    .filter((log) => wanted.size === 0 || wanted.has(log.address.toLowerCase()));
}
