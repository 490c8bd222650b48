import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keccak256, toBeHex } from 'ethers';
import { commitTensor, sampleSalt } from '../../../protocol/commitment/commit.ts';
import { encodeManifest, manifestSchema } from '../../../protocol/manifest.ts';
import { openingOf } from '../../../protocol/output.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { FolderStore } from '../../../protocol/store/folder-store.ts';
import { sealTensors } from '../../../protocol/trace.ts';
import { startAnvil, type Anvil } from '../../support/anvil.ts';
import { openMarket, SLICES, TENSORS, type Market } from './market.ts';
import { playEverything } from './scenario.ts';
import { startService, type TestService } from './service.ts';
import { requestIdOfJob } from '../../support/request-id.ts';

/** A model's name as somebody who wants to harm a reader would choose it. */
export const HOSTILE_NAME = `<img src=x onerror="document.title='harmed'"><script>document.title='harmed'</script>`;

/** A small market in which everything has happened, its indexer, and a store that gives what is in it to everybody. */
export interface ExplorerWorld {
  readonly anvil: Anvil;
  readonly market: Market;
  readonly service: TestService;
  /** Jobs of every end, and one that runs, whose input and output are public. */
  readonly jobs: readonly string[];
  readonly shown: string;
  readonly settlement: string;
  close(): Promise<void>;
}

export async function openExplorerWorld(): Promise<ExplorerWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-explorer-'));
  const store = new FolderStore(folder);
  const { sha256 } = await store.put(encodeManifest(manifestSchema.parse(manifest())));
  const anvil = await startAnvil();
  const market = await openMarket(anvil, sha256);
  const { jobs } = await playEverything(anvil, market);
  const shown = await postInPublic(market, store);
  await market.bid(shown, 'alice', [0, 1]);
  const service = await startService(anvil, market.deployment, undefined, { store: [folder] });
  await service.caughtUp();
  const { settlements } = await service.query<{ settlements: { nodes: readonly { id: string }[] } }>(
    '{ settlements(first: 1) { nodes { id } } }',
  );
  return {
    anvil,
    market,
    service,
    jobs,
    shown,
    settlement: settlements.nodes[0].id,
    async close() {
      await service.close();
      await anvil.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A job whose input anybody can fetch, and which reveals its output. */
async function postInPublic(market: Market, store: FolderStore): Promise<string> {
  const pixels = Float64Array.from({ length: TENSORS[0].count }, (_, i) => (i % 5 === 0 ? 255 : 0));
  const scores = Float64Array.from({ length: TENSORS[4].count }, (_, i) => (i === 3 ? 90 : 0 - i));
  const sealed = await sealTensors(store, [
    { id: 0, spec: TENSORS[0], values: pixels, salt: sampleSalt(randomBytes) },
  ]);
  const input = toBeHex(sealed.commitments[0], 32);
  const jobId = await market.post({
    inputs: [input],
    inputDigest: sealed.digest,
    outputCommitmentOnly: false,
    challengeSeconds: 300,
  });
  await market.claim(jobId);
  const salt = 5n;
  const output = toBeHex(commitTensor(TENSORS[4], scores, salt), 32);
  const trace = [input, ...market.traceOf(jobId).slice(1, 4), output];
  const opening = openingOf(TENSORS[4], { values: scores, salt });
  const { market: contract } = market.as('executor');
  const requestId = await requestIdOfJob(contract, market.deployment, jobId);
  await (await contract.commitTrace(jobId, requestId, trace, keccak256('0x03'), [opening])).wait();
  return jobId;
}

function manifest(): object {
  const artifact = artifactOf(new Uint8Array([1]));
  return {
    format: 'sliceproof-manifest/1',
    name: HOSTILE_NAME,
    setup: 'development',
    source: artifact,
    tensors: TENSORS.map(({ count, bits, signed }, id) => ({
      id,
      name: `tensor ${id}`,
      shape: [1, count],
      signed,
      bits,
      scale: 0,
    })),
    inputCount: 1,
    outputs: [4],
    slices: SLICES.map(({ inputs, outputs, weight }, id) => ({
      id,
      name: id === 1 ? `${HOSTILE_NAME} 1` : `layer ${id}`,
      operators: ['Conv', 'Relu'],
      constraints: weight * 1000,
      provable: weight > 0,
      weight,
      inputs: [...inputs],
      outputs: [...outputs],
      setupSeconds: 1,
      artifacts: {
        onnx: artifact,
        program: artifact,
        ...(weight > 0 ? { r1cs: artifact, provingKey: artifact, verifyingKey: artifact } : {}),
      },
    })),
    accuracy: {
      samples: 100,
      top1Float: 0.98,
      top1Quantised: 0.97,
      top1Agreement: 0.99,
      meanError: 0.01,
      maxError: 0.1,
    },
    labels: Array.from({ length: 14 }, (_, i) => `digit ${i}`),
  };
}
