// What is handed in while an earlier settlement of the same job is on its way.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JobView, SliceView } from '../../prover-node/chain/state.ts';
import { HandIn, type HandInOptions } from '../../prover-node/hand-in/hand-in.ts';

const ME = '0x00000000000000000000000000000000000000aa';
const MARKET = '0x00000000000000000000000000000000000000cc';
const NOW = 1_000_000;
const JOB = `0x${'11'.repeat(32)}`;

const held = (index: number): SliceView => ({
  ...{ index, state: 'held', booked: false, bound: false, place: index, holder: ME, unitPrice: 1n },
  ...{ windowEnd: NOW - 10, lockEnd: NOW + 90, price: 1_000n, collateral: 2_000n, raise: 0n },
});
const proofOf = (slice: number) => ({
  jobId: JOB,
  slice,
  prover: ME,
  modelId: 'model',
  traceHash: 'trace',
  proof: {
    pi_a: ['1', '2', '1'],
    pi_b: [
      [
        '10857046999023057135944570762232829481370756359578518086990519993285655852781',
        '11559732032986387107991004021392285783925812861821192530917403151452391805634',
      ],
      [
        '8495653923123431417604973247489272438418190587263600148770280649306958101930',
        '4082367875863433681332203403145435568316851327593401208105741076214120093531',
      ],
      ['1', '0'],
    ],
    pi_c: ['1', '2', '1'],
    protocol: 'groth16',
    curve: 'bn128',
  },
});

function handInWith(open: readonly ReturnType<typeof proofOf>[]) {
  const begun: string[] = [];
  const mined: ((receipt: object) => void)[] = [];
  const works: Promise<void>[] = [];
  const options = {
    contracts: { deployment: { chainId: 1, addresses: { market: MARKET } }, market: {} },
    sender: {
      address: ME,
      send: () => new Promise((resolve) => mined.push((receipt) => resolve(receipt))),
    },
    account: { address: ME },
    catalog: {
      ready: () => ({
        registered: {
          slices: [0, 1].map(() => ({ circuit: 1, weight: 100, inputs: [], outputs: [] })),
        },
      }),
    },
    shelf: { open: () => open, find: () => undefined },
    attempts: {
      ensure: (name: string, _: object, work: () => Promise<void>) => {
        begun.push(name.replace(JOB, 'job'));
        works.push(work());
        return 'running';
      },
      standingOf: () => 'running',
    },
    gasUsed: { record: () => Promise.resolve() },
    aggregators: [],
    settleMargin: 0,
    log: { info: () => undefined },
  };
  return { handIn: new HandIn(options as unknown as HandInOptions), begun, mined, works };
}

test('it goes by itself and at once: with what is settled meanwhile it would fail, and wait for its next try', async () => {
  const open = [proofOf(1)];
  const { handIn, begun, mined, works } = handInWith(open);
  const job = {
    ...{ id: JOB, state: 'traced', modelId: 'model', traceHash: 'trace', deadline: NOW + 500 },
    ...{ closing: NOW + 500, cancelled: false, executor: MARKET, slices: [held(0), held(1)] },
    offer: { bidWindow: 0, proveSeconds: 100, minUndercutBps: 0, settleTip: 0n },
    trace: { hash: 'trace', commitments: [], digest: '' },
  } as unknown as JobView;
  const look = async (block: number): Promise<void> => {
    handIn.consider({ block, now: NOW + block, jobs: [job], balance: 0n, reserved: 0n, gasPrice: 1n });
    for (let i = 0; i < 5; i++) await turn();
  };
  await look(1);
  expect(begun).toEqual(['settle job 1']);
  open.push(proofOf(0));
  await look(2);
  expect(begun).toEqual(['settle job 1', 'settle job 0']);
  await look(3);
  expect(begun).toHaveLength(2);
  for (const answer of mined) answer({ blockNumber: 4, gasUsed: 1n });
  await Promise.all(works);
  // The state of an older block doesn't show them yet.
  await look(3);
  expect(begun).toHaveLength(2);
  // Not settled after all: both together.
  await look(5);
  expect(begun.at(-1)).toBe('settle job 1,0');
});
