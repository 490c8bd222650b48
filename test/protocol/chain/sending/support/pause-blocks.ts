import { onTestFinished } from 'vitest';
import type { TestChain } from '../../../../support/anvil.ts';

/** No block comes until what this gives is called, or the test ends. For chains with a block a second. */
export async function pauseBlocks({ provider }: TestChain): Promise<() => Promise<unknown>> {
  const every = (seconds: number): Promise<unknown> => provider.send('evm_setIntervalMining', [seconds]);
  await every(0);
  onTestFinished(async () => void (await every(1)));
  return () => every(1);
}
