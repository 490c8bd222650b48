import { describe, expect, it } from 'vitest';
import type { NodeAccount } from '../../prover-node/account.ts';
import type { JobView } from '../../prover-node/chain/state.ts';
import { Twin } from '../../prover-node/twin.ts';
import { listeningLog } from './support/world.ts';

const address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const jobId = `0x${'ab'.repeat(32)}`;
const other = `0x${'cd'.repeat(32)}`;

const account: NodeAccount = {
  address,
  tryBid: () => Promise.resolve(0n),
  bid: () => Promise.resolve({ to: address, data: '0x' } as never),
  signBid: (_, times) => Promise.resolve({ ...times } as never),
  execute: () => Promise.resolve({ to: address, data: '0x' } as never),
};

const held = (id: string, ...slices: number[]): JobView =>
  ({
    id,
    state: 'traced',
    executor: '0x0',
    slices: slices.map((index) => ({ index, state: 'held', holder: address })),
  }) as never;
const executed = (id: string, state: 'claimed' | 'traced', requester = '0x0'): JobView =>
  ({ id, state, requester, executor: address, slices: [] }) as never;
const claimed = (id: string): JobView => executed(id, 'claimed');

function open() {
  const { log, lines } = listeningLog();
  const codes: string[] = [];
  const twin = new Twin({ account, log, onFailure: (code) => codes.push(code) });
  twin.consider({ now: 1000, jobs: [] });
  return { twin, lines, codes };
}

const refused = { code: 'NODE_KEY_AT_WORK', retryable: true };
const bid = (twin: Twin, id: string, mask: bigint) => () => twin.account.bid([id, '0x', mask, 1n]);

describe('a node', () => {
  it('takes its own bids and claims for its own', async () => {
    const { twin, codes } = open();
    await twin.account.execute(jobId, '0x');
    await bid(twin, other, 0b101n)();
    twin.consider({ now: 2000, jobs: [claimed(jobId), held(other, 0, 2)] });
    twin.consider({ now: 2001, jobs: [executed(jobId, 'traced')] });
    expect(twin.seen).toBe(false);
    expect(codes).toEqual([]);
  });

  it.each([
    ['claims', claimed(jobId)],
    ['claims and brings the trace', executed(jobId, 'traced')],
    ['bids', held(jobId, 1)],
  ])('takes nothing new on while somebody else %s in its name, and goes on afterwards', (_, job) => {
    const { twin, lines, codes } = open();
    twin.consider({ now: 2000, jobs: [job] });
    expect(codes).toEqual(['NODE_KEY_AT_WORK']);
    expect(lines).toMatchObject([{ level: 'error', jobId }]);
    expect(bid(twin, other, 1n)).toThrow(expect.objectContaining(refused));
    expect(() => twin.account.execute(other, '0x')).toThrow(expect.objectContaining(refused));
    twin.consider({ now: 2599, jobs: [job] });
    expect(twin.seen).toBe(true);
    expect(codes).toHaveLength(1);
    twin.consider({ now: 2600, jobs: [job] });
    expect(twin.seen).toBe(false);
    expect(bid(twin, other, 1n)).not.toThrow();
  });

  it('knows that a requester that runs the model itself claims nothing', () => {
    const { twin, codes } = open();
    twin.consider({ now: 2000, jobs: [executed(jobId, 'traced', address)] });
    expect(codes).toEqual([]);
  });

  it('knows that what it sent before it died may be mined after its restart', () => {
    const { twin, codes } = open();
    twin.consider({ now: 1119, jobs: [claimed(jobId), held(other, 0)] });
    twin.consider({ now: 5000, jobs: [claimed(jobId), held(other, 0)] });
    expect(codes).toEqual([]);
  });

  it('knows its own claim again when a reorganisation takes its job away and brings it back', async () => {
    const { twin, codes } = open();
    await twin.account.execute(jobId, '0x');
    twin.consider({ now: 2000, jobs: [claimed(jobId)] });
    twin.consider({ now: 2012, jobs: [] });
    twin.consider({ now: 2600, jobs: [claimed(jobId)] });
    expect(codes).toEqual([]);
  });
});
