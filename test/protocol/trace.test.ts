import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sampleSalt, type TensorSpec } from '../../protocol/commitment/commit.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import type { ArtifactStore, Visibility } from '../../protocol/store/store.ts';
import { openTensors, sealTensors, type SealedTensors } from '../../protocol/trace.ts';

const spec: TensorSpec = { count: 3, bits: 4, signed: false };
const values = Float64Array.of(1, 2, 3);
/** Equal tensors: whatever tells them apart is a salt, of the source's bytes. */
const tensors = (source: (size: number) => Uint8Array) =>
  [4, 7, 9].map((id) => ({ id, spec, values, salt: sampleSalt(source) }));

function memoryStore(): ArtifactStore & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    get: (sha256) => Promise.resolve(kept.get(sha256)!),
    put: (bytes) => {
      const artifact = artifactOf(bytes);
      kept.set(artifact.sha256, bytes);
      return Promise.resolve(artifact);
    },
  };
}

async function saltsOf(store: ArtifactStore, { digest, commitments }: SealedTensors): Promise<bigint[]> {
  const wanted = [4, 7, 9].map((id, i) => ({ id, spec, commitment: commitments[i] }));
  return (await openTensors(store, digest, wanted)).map(({ salt }) => salt);
}

describe('what two seals of equal tensors show', () => {
  it('has nothing in common: no salt, no commitment, no file', async () => {
    const stores = [memoryStore(), memoryStore()];
    const sealed = await Promise.all(stores.map((store) => sealTensors(store, tensors(randomBytes))));
    const salts = await Promise.all(sealed.map((one, i) => saltsOf(stores[i], one)));
    expect(new Set(salts.flat()).size).toBe(6);
    expect(new Set(sealed.flatMap(({ commitments }) => commitments)).size).toBe(6);
    expect(new Set(stores.flatMap(({ kept }) => [...kept.keys()])).size).toBe(8);
  });

  it('is of the source’s own bytes: a word for each tensor, all of it', async () => {
    const words = [1, 2, 3].map((i) => new Uint8Array(32).fill(17 * i, 1));
    const left = [...words];
    const counts: number[] = [];
    const store = memoryStore();
    const salted = tensors((count) => {
      counts.push(count);
      return left.shift()!.slice();
    });
    const sealed = await sealTensors(store, salted);
    expect(counts).toEqual([32, 32, 32]);
    expect(await saltsOf(store, sealed)).toEqual(
      words.map((word) => BigInt(`0x${Buffer.from(word).toString('hex')}`)),
    );
  });
});

it('what is sealed is for those with a stake in it, unless it is said to be everybody’s', async () => {
  const seen = async (visibility?: Visibility): Promise<readonly unknown[]> => {
    const kept = memoryStore();
    const asked: unknown[] = [];
    const store: ArtifactStore = {
      ...kept,
      put: (bytes, options) => {
        asked.push(options?.visibility);
        return kept.put(bytes);
      },
    };
    await sealTensors(store, tensors(randomBytes), ...(visibility === undefined ? [] : [visibility]));
    return asked;
  };
  expect(await seen()).toEqual(Array(4).fill('private'));
  expect(await seen('public')).toEqual(Array(4).fill('public'));
});
