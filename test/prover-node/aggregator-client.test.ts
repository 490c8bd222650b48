import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ProofSubmission } from '../../protocol/proof-submission.ts';
import { handToAggregator } from '../../prover-node/hand-in/aggregator-client.ts';
import { SHAPED_PROOF } from './support/aggregator.ts';
import { listeningLog } from './support/world.ts';

const submission: ProofSubmission = {
  jobId: `0x${'11'.repeat(32)}`,
  slice: 3,
  prover: `0x${'22'.repeat(20)}`,
  proof: SHAPED_PROOF,
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers every request the same, and what it was asked. */
async function answering(
  status: number,
  body: string,
): Promise<{ readonly url: string; readonly asked: unknown[] }> {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      asked.push({ url: request.url, body: JSON.parse(Buffer.concat(parts).toString()) as unknown });
      response.writeHead(status).end(body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const refusal = (code: string, retryable: boolean): string =>
  JSON.stringify({ accepted: false, code, message: 'no', retryable });

const hand = (...aggregators: readonly string[]): ReturnType<typeof handToAggregator> =>
  handToAggregator(aggregators, submission, listeningLog().log);

describe('handing a proof in', () => {
  test('sends it as it is, and says where and at which place it waits', async () => {
    const { url, asked } = await answering(202, JSON.stringify({ accepted: true, position: 7 }));
    expect(await hand(`${url}/`)).toEqual({ aggregator: `${url}/`, position: 7 });
    expect(asked).toEqual([{ url: '/proofs', body: submission }]);
  });

  test('asks the next one when one is away, busy or talks nonsense', async () => {
    const busy = await answering(503, refusal('AGGREGATOR_BUSY', true));
    const mad = await answering(200, '<html>');
    const good = await answering(202, JSON.stringify({ accepted: true, position: 0 }));
    const taken = await hand('http://127.0.0.1:9', busy.url, mad.url, good.url);
    expect(taken.aggregator).toBe(good.url);
  });

  test('may be tried again when any of them may take it later', async () => {
    const never = await answering(422, refusal('PROOF_INVALID', false));
    const later = await answering(503, refusal('CHAIN_AWAY', true));
    await expect(hand(never.url, later.url)).rejects.toMatchObject({ retryable: true });
    await expect(hand(never.url)).rejects.toMatchObject({
      code: 'NODE_AGGREGATOR_REFUSED',
      retryable: false,
      details: { code: 'PROOF_INVALID' },
    });
    await expect(hand('http://127.0.0.1:9')).rejects.toMatchObject({
      code: 'NODE_AGGREGATOR_AWAY',
      retryable: true,
    });
  });

  test('reads no more of an answer than an answer can be', async () => {
    const endless = await answering(200, 'x'.repeat(100_000));
    await expect(hand(endless.url)).rejects.toMatchObject({ code: 'NODE_AGGREGATOR_AWAY' });
  });
});
