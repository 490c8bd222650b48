import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface RpcLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly blockNumber: string;
  readonly logIndex: string;
}

/**
 * What becomes of an answer: another result, or a throw for an error of the RPC.
 * @param count how often the method was called so far, this time included
 */
export type Lie = (call: RpcCall, result: unknown, count: number) => unknown;

/** A way to a chain's RPC that doesn't hand on what comes. */
export async function openLyingRpc(
  target: string,
  lie: Lie,
): Promise<{ readonly url: string; lie: Lie; close(): void }> {
  const counts = new Map<string, number>();
  const state = { lie };
  const one = async (call: RpcCall): Promise<unknown> => {
    const count = (counts.get(call.method) ?? 0) + 1;
    counts.set(call.method, count);
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(call),
    });
    const answer = (await response.json()) as { result?: unknown };
    if (answer.result === undefined) return answer;
    try {
      return { ...answer, result: state.lie(call, answer.result, count) };
    } catch (error) {
      return { jsonrpc: '2.0', id: call.id, error: { code: -32601, message: (error as Error).message } };
    }
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as RpcCall | RpcCall[];
    const answer = Array.isArray(body) ? await Promise.all(body.map(one)) : await one(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get lie() {
      return state.lie;
    },
    set lie(next) {
      state.lie = next;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
