import { expect, test } from 'vitest';
import type { Client } from '../../../client/client.ts';
import type { JobStatus } from '../../../client/jobs/job-status.ts';
import { linesOnly } from '../../../scripts/demo/screen.ts';
import { Board } from '../../../scripts/demo/watch.ts';

const JOB = `0x${'12'.repeat(32)}`;

/** A job of three slices; whose each is, or whose it was. */
function status(state: JobStatus['state'], slices: readonly (readonly [string, string?])[]): JobStatus {
  return {
    jobId: JOB,
    state,
    executor: '0xada',
    slices: slices.map(([sliceState, holder], slice) => ({
      slice,
      state: sliceState,
      holder,
      due: true,
      price: 2n,
    })),
  } as unknown as JobStatus;
}

test('without a terminal a job takes a line for its execution, one for each slice that lapsed, and one for its end', async () => {
  const lines: string[] = [];
  const board = new Board({
    client: { asset: { format: (amount: bigint) => `${amount} coins` } } as unknown as Client,
    screen: linesOnly((line) => void lines.push(line)),
    nameOf: (address) => address.slice(2),
    sliceNames: ['one', 'two', 'three'],
    // Asked of slices that are held; here none is when it is looked at.
    aggregator: 'http://127.0.0.1:9',
  });
  const open = [['open'], ['open'], ['open']] as const;
  board.update(status('posted', open));
  board.update(status('claimed', open));
  board.update(status('traced', open));
  board.update(status('traced', open));
  board.update(status('traced', [['settled', '0xada'], ['lapsed', '0xbob'], ['open']]));
  const settled = [
    ['settled', '0xada'],
    ['settled', '0xeve'],
    ['settled', '0xada'],
  ] as const;
  board.update(status('finalized', settled));
  await board.settle();
  expect(lines).toEqual([
    '   job 0x12121212 executed by ada',
    '   job 0x12121212 slice 1 has lapsed: bob did not prove it in time',
    '   job 0x12121212 finalized: slices 0 2 by ada, 1 by eve, for 6 coins',
  ]);
});
