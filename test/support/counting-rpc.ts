import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to a chain's RPC that counts what goes over it: each request of a batch is one, as services bill them. */
export interface CountingRpc {
  readonly url: string;
  /** Calls by method since the last {@link restart}. */
  calls(): Readonly<Record<string, number>>;
  total(): number;
  restart(): void;
  close(): void;
}

export async function openCountingRpc(target: string): Promise<CountingRpc> {
  let counts: Record<string, number> = {};
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray());
    const payloads = [JSON.parse(body.toString()) as { method: string } | { method: string }[]].flat();
    for (const { method } of payloads) counts[method] = (counts[method] ?? 0) + 1;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(target, { method: 'POST', headers, body });
    response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => counts,
    total: () => Object.values(counts).reduce((sum, count) => sum + count, 0),
    restart: () => (counts = {}),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
