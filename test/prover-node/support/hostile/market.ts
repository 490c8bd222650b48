import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { JsonRpcProvider, Network } from 'ethers';
import type { Client } from '../../../../client/client.ts';
import { readPublishedModel, type PublishedManifest } from '../../../../client/jobs/read-model.ts';
import { inputTensors, requestOf, type JobToPost } from '../../../../client/jobs/request.ts';
import { registerBuild } from '../../../../client/models/register-build.ts';
import { sampleSalt } from '../../../../protocol/commitment/commit.ts';
import { depositToLedger } from '../../../../protocol/contracts/deposits.ts';
import { openContracts, type Contracts } from '../../../../protocol/contracts/market.ts';
import { readDeployment } from '../../../../protocol/contracts/read-deployment.ts';
import { specOf } from '../../../../protocol/manifest.ts';
import { artifactOf } from '../../../../protocol/store/digest.ts';
import type { ArtifactStore } from '../../../../protocol/store/store.ts';
import { fieldToHex } from '../../../../protocol/tensor-bundle.ts';
import { sealTensors } from '../../../../protocol/trace.ts';
import { buildTrap, sampleOf } from '../model.ts';
import { openWorld, type World } from '../world.ts';
import { Rival } from './senders.ts';
import type { HostileJob } from './jobs.ts';

/** What the other side has in the market: more than any job takes. */
const DEPOSIT = 10n ** 23n;

/** A market whose blocks come when the test says so, with a requester and a rival that have plenty. */
export interface HostileMarket {
  readonly world: World;
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  readonly requester: Rival;
  readonly rival: Rival;
  /** Sends a job; it is posted in the next block. */
  post(job: HostileJob): Promise<Posted>;
  /** A block at this time. @returns its number */
  mine(time: number): Promise<number>;
  close(): Promise<void>;
}

/** A job on its way. */
export interface Posted {
  readonly job: HostileJob;
  readonly nonce: bigint;
  /** Puts a late input into the store. */
  bringInput(): Promise<void>;
}

export async function openHostileMarket(): Promise<HostileMarket> {
  const world = await openWorld();
  const { chain, client, deploymentFile } = world;
  const trap = path.join(world.folder, 'trap');
  await buildTrap(trap);
  const models = {
    honest: world.model,
    trap: await readPublishedModel(client, (await registerBuild(client, trap)).modelId),
  };
  for (const key of [1, 2, 3]) {
    const one = await world.clientOf(key);
    await depositToLedger(one.sender, one.contracts, DEPOSIT);
    one.close();
  }
  const network = Network.from(await chain.provider.getNetwork());
  // Each call by itself and at once: nothing is gained by waiting for more.
  const provider = new JsonRpcProvider(chain.url, network, {
    ...{ staticNetwork: network, batchMaxCount: 1, batchStallTime: 0, cacheTimeout: -1 },
  });
  const contracts = openContracts(await readDeployment(deploymentFile), provider);
  await provider.send('evm_setAutomine', [false]);
  await provider.send('evm_setIntervalMining', [0]);
  // What is tried before it is sent is tried a second after the last block, and not by the wall's clock.
  await provider.send('anvil_setBlockTimestampInterval', [1]);
  const requester = new Rival(provider, chain.keys[1]);
  return {
    world,
    provider,
    contracts,
    requester,
    rival: new Rival(provider, chain.keys[3]),
    post: (job) => post(job, models[job.model], { client, contracts, requester, store: world.storeFolder }),
    async mine(time) {
      await provider.send('evm_setNextBlockTimestamp', [time]);
      await provider.send('evm_mine', []);
      return provider.getBlockNumber();
    },
    async close() {
      provider.destroy();
      await world.close();
    },
  };
}

interface Side {
  readonly client: Client;
  readonly contracts: Contracts;
  readonly requester: Rival;
  readonly store: ArtifactStore;
}

async function post(job: HostileJob, published: PublishedManifest, side: Side): Promise<Posted> {
  const { client, contracts, requester, store } = side;
  const { market } = contracts;
  const { input, middle, output } = sampleOf(job.seed);
  const other = sampleOf(job.seed + 1).input;
  const admitted = { all: undefined, node: 2, others: 3, known: undefined }[job.admission];
  const wanted: JobToPost = {
    published,
    inputs: [input],
    offer: { ...job.offer },
    required: job.required,
    audits: job.audits,
    challengeSeconds: Math.floor(job.challengeShare * job.offer.jobSeconds),
    outputCommitmentOnly: job.outputCommitmentOnly,
    ...(admitted === undefined
      ? {}
      : {
          admission: { accounts: [await client.provider.getSigner(admitted).then(({ address }) => address)] },
        }),
    ...(job.admission === 'known' ? { admission: { minRecord: 1 } } : {}),
  };
  const later = new LateStore();
  const isThere = job.input === 'there' || job.input === 'false';
  const [tensor] = inputTensors(wanted, randomBytes);
  const sealed = await sealTensors(isThere ? store : later, [tensor]);
  const digest =
    job.input === 'false' ? (await sealTensors(store, [{ ...tensor, values: other }])).digest : sealed.digest;
  const request = await requestOf(
    ...([client, client.sender.address, wanted, sealed.commitments, digest, randomBytes] as const),
  );
  if (job.ownTrace === 'none') {
    await requester.send(market.post.populateTransaction(request, '0x'));
  } else {
    const values = [input, job.ownTrace === 'false' ? middle.map((value) => value ^ 1) : middle, output];
    const trace = await sealTensors(
      job.ownTrace === 'withheld' ? new LateStore() : store,
      values.map((one, id) => ({
        id,
        spec: specOf(published.manifest.tensors[id]),
        values: one,
        salt: sampleSalt(randomBytes),
      })),
    );
    const own = {
      ...request,
      inputs: [fieldToHex(trace.commitments[0])],
      execution: { minPrice: 0n, maxPrice: 0n, rampSeconds: 0, commitSeconds: 0 },
    };
    await requester.send(
      market.postWithTrace.populateTransaction(own, trace.commitments.map(fieldToHex), trace.digest),
    );
  }
  return {
    job,
    nonce: BigInt(request.nonce),
    bringInput: () => (job.input === 'late' ? later.moveTo(store) : Promise.resolve()),
  };
}

/** Keeps what is put for another store, or for nobody. */
class LateStore implements ArtifactStore {
  readonly #kept: Uint8Array[] = [];

  get(): Promise<Uint8Array> {
    return Promise.reject(new Error('nobody asks'));
  }

  put(bytes: Uint8Array): ReturnType<ArtifactStore['put']> {
    this.#kept.push(bytes);
    return Promise.resolve(artifactOf(bytes));
  }

  async moveTo(store: ArtifactStore): Promise<void> {
    for (const bytes of this.#kept.splice(0)) await store.put(bytes);
  }
}
