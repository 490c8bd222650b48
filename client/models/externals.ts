import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { BadInputError } from '../../protocol/errors.ts';
import { decodeJson } from '../../protocol/json.ts';
import { MAX_EXTERNAL_GAS, type Manifest } from '../../protocol/manifest.ts';
import { plainText } from '../../protocol/plain-text.ts';
import { artifactOf } from '../../protocol/store/digest.ts';

/** A slice that is to be sold under another contract's verification. */
export interface ExternalSlice {
  readonly slice: number;
  /** Which proof system it is, for people. */
  readonly system: string;
  /** Address of the contract, an ISliceVerifier. */
  readonly verifier: string;
  /** Gas that a verification may cost at most. */
  readonly gasLimit: number;
  /** What its price is reckoned by: as many as a circuit of ours that is as dear has constraints. */
  readonly weight: number;
  /** What is proved, and how: goes to the store, and its sha-256 on chain. */
  readonly description: Uint8Array;
}

/** Largest file that is read: 1 MiB. */
const MAX_BYTES = 1 << 20;

const schema = z.strictObject({
  format: z.literal('sliceproof-externals/1'),
  slices: z
    .array(
      z.strictObject({
        slice: z.number().int().min(0).max(255),
        system: plainText.min(1),
        verifier: z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address'),
        gasLimit: z.number().int().min(1).max(MAX_EXTERNAL_GAS),
        weight: z
          .number()
          .int()
          .min(1)
          .max(2 ** 32 - 1),
        /** Path of a file, from where this one is. */
        description: z.string().min(1).max(4096),
      }),
    )
    .min(1)
    .max(256),
});

/**
 * Reads the file that `sliceproof model publish --externals` takes.
 * @throws BadInputError EXTERNALS_MALFORMED, EXTERNALS_UNREADABLE
 */
export async function readExternals(file: string): Promise<readonly ExternalSlice[]> {
  const read = (from: string): Promise<Uint8Array> =>
    readFile(from).catch((cause: Error) => {
      throw new BadInputError('EXTERNALS_UNREADABLE', `could not read ${from}: ${cause.message}`, { cause });
    });
  const parsed = decodeJson(await read(file), {
    schema,
    maxBytes: MAX_BYTES,
    refuse: (reason, cause) => new BadInputError('EXTERNALS_MALFORMED', `${file}: ${reason}`, { cause }),
  });
  return Promise.all(
    parsed.slices.map(async (slice) => ({
      ...slice,
      description: await read(path.resolve(path.dirname(file), slice.description)),
    })),
  );
}

/**
 * The manifest with these slices proved by other systems: circuits and keys that they had from the build are left out.
 * @throws BadInputError EXTERNALS_SLICE for a slice that the model hasn't got, or that is named twice
 */
export function withExternals(manifest: Manifest, externals: readonly ExternalSlice[]): Manifest {
  const byId = new Map(externals.map((external) => [external.slice, external]));
  const unknown = externals.find(
    ({ slice }, i) =>
      slice >= manifest.slices.length || externals.findIndex((other) => other.slice === slice) !== i,
  );
  if (unknown !== undefined) {
    throw new BadInputError(
      'EXTERNALS_SLICE',
      `expected each external slice once, from 0 to ${manifest.slices.length - 1}, got ${unknown.slice}`,
    );
  }
  const slices = manifest.slices.map((slice) => {
    const external = byId.get(slice.id);
    if (external === undefined) return slice;
    const { system, verifier, gasLimit, weight, description } = external;
    const { onnx, program } = slice.artifacts;
    return {
      ...slice,
      constraints: 0,
      provable: true,
      weight,
      external: {
        system,
        verifier: verifier.toLowerCase(),
        gasLimit,
        description: artifactOf(description),
      },
      artifacts: { onnx, program },
    };
  });
  return { ...manifest, slices };
}
