// Jobs that have a contract say who may take part.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postJob } from '../../client/jobs/post-job.ts';
import type { JobAdmission } from '../../client/jobs/admission.ts';
import { HostileAdmission__factory } from '../../protocol/contracts/generated/index.ts';
import { startNode } from '../../prover-node/node.ts';
import { until } from '../support/until.ts';
import { sampleOf } from './support/model.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';

/** Ways of HostileAdmission: after a yes it wastes all gas that it is given. */
const BURNS_ALL_GAS = 4;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const start = (name: string, key: number, flags: Readonly<Record<string, unknown>> = {}) =>
  startNode({
    settings: world.settings(name, { statusPort: 0, ...flags }),
    privateKey: world.chain.keys[key],
    log: listeningLog().log,
  });

async function post(seed: number, admission: JobAdmission, offer: object = {}): Promise<string> {
  const { jobId } = await postJob(world.client, {
    published: world.model,
    inputs: [sampleOf(seed).input],
    offer: { ...OFFER, ...offer },
    admission,
  });
  return jobId;
}

async function deployHook() {
  const hook = await new HostileAdmission__factory(world.chain.signer(0)).deploy();
  await hook.waitForDeployment();
  return hook;
}

/** Waits for a node to leave all of a job for one reason, which for the execution it says once it has run the model. */
async function leaves(url: string | undefined, jobId: string, code: string): Promise<void> {
  await until(async () => {
    const status = (await (await fetch(`${url}/status`)).json()) as Status;
    const job = status.jobs.find((one) => one.jobId === jobId);
    const codes = [job?.execution, ...(job?.slices ?? [])].map((decision) => decision?.code);
    return codes.length === 3 && codes.every((one) => one === code);
  });
}

describe('a node', () => {
  test('leaves what a list keeps it out of, and what a contract decides that it doesn’t know', async () => {
    const { market } = world.client.contracts;
    const node = await start('outsider', 2);
    try {
      const hook = await (await deployHook()).getAddress();
      const foreign = await post(1, { hook });
      const excluded = await post(2, { accounts: [node.account], excluded: true });
      const admitted = await post(3, { accounts: [node.account] });
      await leaves(node.url, foreign, 'HOOK_NOT_ALLOWED');
      await leaves(node.url, excluded, 'NOT_ADMITTED');
      await until(async () => (await market.jobOf(admitted)).executor === node.account);
      expect((await market.jobOf(foreign)).executor).not.toBe(node.account);
    } finally {
      await node.stop();
    }
  });

  test('is paid for what it holds when a contract that it was told to trust turns on it', async () => {
    const { market } = world.client.contracts;
    const hook = await deployHook();
    const allowed = { allowHooks: [await hook.getAddress()] };
    // Executes, wins the slices, and is gone before it has proved them.
    const before = await start('trusting', 3, {
      ...allowed,
      aggregator: ['http://127.0.0.1:9'],
      settleMargin: 0,
    });
    const jobId = await post(4, { hook: await hook.getAddress() }, { bidWindow: 60 });
    await until(async () => (await market.sliceOf(jobId, 1)).holder === before.account);
    await before.stop();
    await (await hook.turn(BURNS_ALL_GAS)).wait();
    const after = await start('trusting', 3, allowed);
    try {
      await world.chain.advance(60);
      await until(async () => Number((await market.jobOf(jobId)).settledCount) === 2);
    } finally {
      await after.stop();
    }
  });
});

interface Status {
  readonly jobs: readonly {
    readonly jobId: string;
    readonly execution: { readonly code: string } | null;
    readonly slices: readonly { readonly code: string }[];
  }[];
}
