import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNode } from '../../prover-node/node.ts';
import { JOB_STATES } from '../../prover-node/chain/state.ts';
import { listeningLog, openWorld, until, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const stateOf = async (jobId: string): Promise<string> =>
  JOB_STATES[Number((await world.client.contracts.market.jobOf(jobId)).state)];

describe('a node', () => {
  test('executes, bids, proves, settles and is paid, alone with its chain and its store', async () => {
    const { log, lines } = listeningLog();
    const node = await startNode({ settings: world.settings('alone'), privateKey: world.chain.keys[2], log });
    try {
      const jobId = await world.post(1);
      await until(async () => ((await stateOf(jobId)) === 'finalized' ? true : undefined));
      const { balance, reserved } = await world.client.contracts.market.accountOf(node.account);
      expect(reserved).toBe(0n);
      expect(balance).toBeGreaterThan(1_000_000_000_000n);
      expect(lines.filter(({ message }) => message === 'slice proved')).toHaveLength(2);
    } finally {
      await node.stop();
    }
  });
});
