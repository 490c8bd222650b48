import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonRpcProvider } from 'ethers';
import { onTestFinished } from 'vitest';
import { connect } from '../../../../protocol/chain/provider.ts';
import { createLog } from '../../../../protocol/log.ts';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly { readonly fromBlock?: string; readonly toBlock?: string }[];
}

/** Answers a request wrongly; `real` is what the chain answers. */
export type Spoil = (response: ServerResponse, requests: readonly Request[], real: string) => void;

export function answer(response: ServerResponse, status: number, body: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

export function failing(code: number, message: string): Spoil {
  return (response, requests) => {
    const errors = requests.map(({ id }) => ({ jsonrpc: '2.0', id, error: { code, message } }));
    answer(response, 200, JSON.stringify(errors.length === 1 ? errors[0] : errors));
  };
}

/** Gives events of so many blocks at most, and notes of which ones; refuses more in its own way. */
export function givingRanges(most: number, refuse: Spoil, asked: number[]): Spoil {
  return (response, requests, real) => {
    const filter = requests.find(({ method }) => method === 'eth_getLogs')?.params?.[0];
    if (!filter) return answer(response, 200, real);
    const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
    if (to - from + 1 > most) return refuse(response, requests, real);
    for (let block = from; block <= to; block++) asked.push(block);
    answer(response, 200, real);
  };
}

/** All is well, but for the result. */
export function resulting(result: unknown): Spoil {
  return (response, requests) => {
    const answers = requests.map(({ id }) => ({ jsonrpc: '2.0', id, result }));
    answer(response, 200, JSON.stringify(answers.length === 1 ? answers[0] : answers));
  };
}

/** An RPC before a real chain, which spoils so many answers as it is told. */
export interface FaultyRpc {
  readonly url: string;
  requests: number;
  /** @param only answers to this method; else all */
  spoil(how: Spoil, times: number, only?: string): void;
}

export async function openFaultyRpc(target: string): Promise<FaultyRpc> {
  let left = 0;
  let spoil: Spoil | undefined;
  let only: string | undefined;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray()).toString();
    const requests = [JSON.parse(body) as Request | Request[]].flat();
    rpc.requests++;
    const headers = { 'content-type': 'application/json' };
    const real = await (await fetch(target, { method: 'POST', headers, body })).text();
    if (left > 0 && (only === undefined || requests.some(({ method }) => method === only))) {
      left--;
      spoil?.(response, requests, real);
    } else answer(response, 200, real);
  };
  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const rpc = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: 0,
    spoil: (how: Spoil, times: number, method?: string) => {
      spoil = how;
      only = method;
      left = times;
    },
  };
  return rpc;
}

export async function connected(rpc: string, options = {}): Promise<JsonRpcProvider> {
  const provider = await connect({ rpc, log: createLog('test', 'silent'), pollingInterval: 20, ...options });
  onTestFinished(() => provider.destroy());
  return provider;
}
