import { readFile } from 'node:fs/promises';
import { AbiCoder, keccak256 } from 'ethers';
import { decodeVerifyingKey } from '../../groth16/formats/verifying-key.ts';
import { keyDigestOf } from '../../groth16/lookups/key-digest.ts';
import { verifyingKeyToSolidity, type SolidityVerifyingKey } from '../../groth16/verify/solidity.ts';
import { setupDigestOf } from '../../protocol/contracts/setup-digest.ts';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import { circuitArtifacts, hasKeys, specOf, type Manifest } from '../../protocol/manifest.ts';
import { expectDigest } from '../../protocol/store/expect-digest.ts';
import { sliceFile } from '../../slicer/build/folder.ts';
import { DeskError } from '../errors.ts';
import { manifestDigestOf } from '../inference-proof.ts';

/** What a contract has to know of a model: the arguments of the registries, but for circuits' numbers. */
export interface ModelContent {
  readonly manifestDigest: string;
  readonly setupDigest: string;
  readonly tensors: readonly bigint[];
  readonly inputCount: number;
  readonly outputs: readonly number[];
  /** Packed words of SliceSpecs with circuit 0. */
  readonly slices: readonly bigint[];
  /** The place in `keys` of each slice's key; null: the slice has none. */
  readonly keyOf: readonly (number | null)[];
  /** Each key once: slices of one circuit share it. */
  readonly keys: readonly SolidityVerifyingKey[];
  /** `contentDigest` of IInferenceVerifier. */
  readonly contentDigest: string;
}

/**
 * Reads a built model for a contract. Slices that another system proves count as executed: a desk's proof has none of them.
 * @throws DeskError DESK_NOTHING_PROVABLE; BadInputError VERIFYING_KEY_MALFORMED; StoreError STORE_DIGEST_MISMATCH
 */
export async function modelContent(folder: string, manifest: Manifest): Promise<ModelContent> {
  const keys: SolidityVerifyingKey[] = [];
  const digests: string[] = [];
  const keyOf: (number | null)[] = [];
  for (const slice of manifest.slices) {
    if (!hasKeys(slice)) {
      keyOf.push(null);
      continue;
    }
    const file = sliceFile(folder, slice.id, 'verifyingKey');
    const bytes = expectDigest(await readFile(file), circuitArtifacts(slice).verifyingKey.sha256, file);
    const key = verifyingKeyToSolidity(decodeVerifyingKey(bytes));
    const digest = keyDigestOf(key);
    const known = digests.indexOf(digest);
    keyOf.push(known < 0 ? digests.push(digest) - 1 : known);
    if (known < 0) keys.push(key);
  }
  if (keys.length === 0) {
    throw new DeskError(
      'DESK_NOTHING_PROVABLE',
      `no slice of ${manifest.name} has keys: there is nothing to verify`,
    );
  }
  const packed = {
    manifestDigest: manifestDigestOf(manifest),
    inputCount: manifest.inputCount,
    outputs: manifest.outputs,
    tensors: manifest.tensors.map((tensor) => packTensorSpec(specOf(tensor))),
    slices: manifest.slices.map((slice, i) =>
      packSliceSpec({ ...slice, circuit: 0, weight: keyOf[i] === null ? 0 : slice.weight }),
    ),
  };
  const contentDigest = keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'uint16', 'uint16[]', 'uint64[]', 'uint256[]', 'bytes32[]'],
      [
        packed.manifestDigest,
        packed.inputCount,
        packed.outputs,
        packed.tensors,
        packed.slices,
        keyOf.map((key) => (key === null ? `0x${'0'.repeat(64)}` : digests[key])),
      ],
    ),
  );
  return { ...packed, setupDigest: setupDigestOf(manifest), keyOf, keys, contentDigest };
}
