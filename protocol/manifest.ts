import { z } from 'zod';
import { piecesFit } from './box.ts';
import { boundsOfSpec, type TensorSpec } from './commitment/commit.ts';
import { BadInputError } from './errors.ts';
import { decodeJson } from './json.ts';
import { plainText as text } from './plain-text.ts';
import { artifactSchema, sha256Schema } from './store/digest.ts';

/** Largest manifest that is read: 16 MiB. */
export const MAX_MANIFEST_BYTES = 1 << 24;

/** The most gas that CircuitRegistry lets an external verifier have. */
export const MAX_EXTERNAL_GAS = 3_000_000;

const count = z.number().int().nonnegative();
const fraction = z.number().min(0).max(1);
const shapeSchema = z
  .array(
    z
      .number()
      .int()
      .min(1)
      .max(1 << 30),
  )
  .max(8);

const tensorSchema = z.object({
  /** Tensor id of the model on chain; equal to its place in the list. */
  id: z.number().int().min(0).max(1023),
  name: text,
  /** Row-major, batch dimension 1 included. */
  shape: shapeSchema,
  signed: z.boolean(),
  bits: z.number().int().min(1).max(32),
  /** real ≈ q · 2^−scale */
  scale: z.number().int().min(-64).max(64),
  /** Of a model input of integers: they are given as they are, and what the range can't hold is refused. */
  whole: z.literal(true).optional(),
});

const externalSchema = z.object({
  /** Which proof system it is, for people: `plonk (snarkjs)`, say. */
  system: text.min(1),
  /** Address of the contract, in lower case. */
  verifier: z.string().regex(/^0x[0-9a-f]{40}$/, 'expected an address in lower case'),
  /** Gas that a verification may cost at most. */
  gasLimit: z.number().int().min(1).max(MAX_EXTERNAL_GAS),
  /** What is proved, and how; its sha-256 is what the circuit is registered with as `setupDigest`. */
  description: artifactSchema,
});

const sliceSchema = z.object({
  /** Index of the slice in the model on chain; equal to its place in the list. */
  id: z.number().int().min(0).max(255),
  name: text,
  /** ONNX operators, in order. */
  operators: z.array(text).max(100_000),
  /** Rows that a prover proves: the circuit's, and one more for each committed wire. */
  constraints: count,
  /** How the circuit proves ranges and functions: out of booleans, or in tables with committed wires. */
  mode: z.enum(['bits', 'lookups']).default('bits'),
  /** The contract that verifies its proofs, of a slice that is proved by another system and not under a key. */
  external: externalSchema.optional(),
  /** False: executed and never proved. */
  provable: z.boolean(),
  /** What its price is reckoned by: the circuit's constraints; 0 when not provable. */
  weight: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  /** Tensor ids in the order of the circuit's public signals. */
  inputs: z.array(count).min(1).max(11),
  outputs: z.array(count).min(1).max(11),
  /** 0 for keys of a ceremony. */
  setupSeconds: z.number().nonnegative(),
  /** Multiply-adds of one run: what share of a model is provable is counted in them. */
  multiplyAdds: count.optional(),
  artifacts: z.object({
    /** The slice as an ONNX model on integers held in floats. */
    onnx: artifactSchema,
    /** The slice as an integer program (slicer/integer/serialise.ts): what its circuit is compiled from. */
    program: artifactSchema,
    /** The circuit and its keys; none of a slice that can't be proved. */
    r1cs: artifactSchema.optional(),
    provingKey: artifactSchema.optional(),
    /** snarkjs's JSON form. */
    verifyingKey: artifactSchema.optional(),
  }),
});

/** How well the integer model follows the float model, on held-out samples. */
const accuracySchema = z.object({
  samples: count,
  /** Fractions of samples whose largest output is the label's; 0 … 1. */
  top1Float: fraction,
  top1Quantised: fraction,
  /** Fraction of samples on which both models' largest outputs are the same. */
  top1Agreement: fraction,
  /** Mean and largest absolute difference of an output, in the float model's units. */
  meanError: z.number().nonnegative(),
  maxError: z.number().nonnegative(),
});

const position = z
  .number()
  .int()
  .min(0)
  .max(1 << 30);

const wholeSchema = z.object({
  name: text,
  shape: shapeSchema,
  pieces: z
    .array(z.object({ tensor: count, start: z.array(position).max(8), end: z.array(position).max(8) }))
    .min(1)
    .max(1024),
});

export const manifestSchema = z
  .object({
    format: z.literal('sliceproof-manifest/1'),
    name: text,
    /** `development`: whoever ran the setup can forge proofs. */
    setup: z.enum(['development', 'ceremony']),
    /** The ceremony's transcript (groth16/setup/ceremony/transcript.ts); its digest is what circuits are registered with. */
    transcript: artifactSchema.optional(),
    /** The ONNX file that the model was built from. */
    source: artifactSchema,
    /** What it was built with: enough to build the same slices again (slicer/build/recipe.ts). */
    recipe: z
      .object({
        /** The samples that scales and bits were chosen on. */
        calibration: z.object({ samples: count, sha256: sha256Schema }),
        /** The build's options by name. */
        options: z.record(z.string().max(100), z.unknown()),
      })
      .optional(),
    /** All tensors that are committed: first the model's inputs, then what slices write. */
    tensors: z.array(tensorSchema).min(1).max(1024),
    inputCount: z.number().int().min(1),
    /** What is done to bytes before they are an input, where the build was told (protocol/image.ts). */
    preprocessing: z
      .object({
        layout: z.enum(['nchw', 'nhwc']),
        scale: z.number(),
        mean: z.array(z.number()).max(1024),
        std: z.array(z.number()).max(1024),
      })
      .partial()
      .optional(),
    outputs: z.array(count).min(1),
    /** What the model's own inputs and outputs are made of (protocol/wholes.ts), where some are in pieces. */
    wholes: z
      .object({ inputs: z.array(wholeSchema).min(1), outputs: z.array(wholeSchema).min(1) })
      .optional(),
    slices: z.array(sliceSchema).min(1).max(256),
    accuracy: accuracySchema,
    /** Names of the classes, when the output is one score a class. */
    labels: z.array(text).max(100_000).optional(),
  })
  .refine(
    ({ setup, transcript }) => (setup === 'ceremony') === (transcript !== undefined),
    'a ceremony has a transcript, and nothing else has',
  )
  .refine(({ tensors }) => tensors.every(({ id }, i) => id === i), 'tensor ids must be 0, 1, 2 …')
  .refine(({ slices }) => slices.every(({ id }, i) => id === i), 'slice ids must be 0, 1, 2 …')
  .refine(
    ({ slices }) =>
      slices.every(({ provable, external, artifacts: { r1cs, provingKey, verifyingKey } }) =>
        [r1cs, provingKey, verifyingKey].every(
          (artifact) => (artifact !== undefined) === (provable && external === undefined),
        ),
      ),
    'a provable slice without an external verifier has circuit and keys, and no other has',
  )
  .refine(
    ({ slices }) => slices.every(({ provable, external }) => provable || external === undefined),
    'a slice with an external verifier is provable',
  )
  .refine(
    ({ tensors, inputCount, outputs, slices }) =>
      inputCount <= tensors.length &&
      [...outputs, ...slices.flatMap((slice) => [...slice.inputs, ...slice.outputs])].every(
        (id) => id < tensors.length,
      ),
    'every tensor that is named must be in the list',
  )
  .refine(
    ({ tensors, inputCount, outputs, wholes }) =>
      wholes === undefined ||
      ([...wholes.inputs, ...wholes.outputs].every((whole) => piecesFit(whole, tensors)) &&
        sameIds(wholes.inputs, [...Array(inputCount).keys()]) &&
        sameIds(wholes.outputs, outputs)),
    'the pieces of inputs and outputs must be the tensors that are inputs and outputs',
  );

function sameIds(
  wholes: readonly { readonly pieces: readonly { readonly tensor: number }[] }[],
  ids: readonly number[],
): boolean {
  const named = wholes.flatMap(({ pieces }) => pieces.map(({ tensor }) => tensor));
  return named.length === ids.length && named.every((id, i) => id === ids[i]);
}

/** What a built model consists of and what its integers mean: `manifest.json`. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestTensor = z.infer<typeof tensorSchema>;
export type ManifestSlice = z.infer<typeof sliceSchema>;
export type ExternalVerifier = z.infer<typeof externalSchema>;
export type AccuracyReport = z.infer<typeof accuracySchema>;

type Artifacts = ManifestSlice['artifacts'];

/** Whether a slice is proved under a key of ours: it is provable, and not by another system. */
export function hasKeys({ provable, external }: Pick<ManifestSlice, 'provable' | 'external'>): boolean {
  return provable && external === undefined;
}

/** The kinds of files that a slice has. */
export function artifactKinds({ artifacts }: Pick<ManifestSlice, 'artifacts'>): readonly (keyof Artifacts)[] {
  return (Object.keys(artifacts) as (keyof Artifacts)[]).filter((kind) => artifacts[kind] !== undefined);
}

/**
 * The circuit and keys of a slice that is to be proved under a key.
 * @throws BadInputError SLICE_NOT_PROVABLE
 */
export function circuitArtifacts({
  id,
  external,
  artifacts: { r1cs, provingKey, verifyingKey },
}: Pick<ManifestSlice, 'id' | 'external' | 'artifacts'>): Required<
  Pick<Artifacts, 'r1cs' | 'provingKey' | 'verifyingKey'>
> {
  if (r1cs && provingKey && verifyingKey) return { r1cs, provingKey, verifyingKey };
  throw new BadInputError(
    'SLICE_NOT_PROVABLE',
    external
      ? `slice ${id} has no keys: it is proved by another system (${external.system})`
      : `slice ${id} has no circuit: it is executed and not proved`,
  );
}

/** The bytes of a manifest, of which its digest is taken. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifestSchema.parse(manifest), undefined, 2)}\n`);
}

/** @throws BadInputError MANIFEST_MALFORMED */
export function decodeManifest(bytes: Uint8Array): Manifest {
  return decodeJson(bytes, {
    schema: manifestSchema,
    maxBytes: MAX_MANIFEST_BYTES,
    refuse: (reason, cause) =>
      new BadInputError('MANIFEST_MALFORMED', `expected a manifest: ${reason}`, { cause }),
  });
}

/** How a tensor of the manifest is committed. */
export function specOf({
  shape,
  signed,
  bits,
}: Pick<ManifestTensor, 'shape' | 'signed' | 'bits'>): TensorSpec {
  return { count: shape.reduce((product, size) => product * size, 1), bits, signed };
}

/**
 * Real values as a tensor's integers: round(x · 2^scale), saturated at the tensor's range. How every input
 * becomes what its commitment binds.
 */
export function quantiseTensor(
  { scale, signed, bits }: Pick<ManifestTensor, 'scale' | 'signed' | 'bits'>,
  real: ArrayLike<number>,
): Float64Array {
  const { low, high } = boundsOfSpec({ signed, bits });
  const factor = 2 ** scale;
  const integers = new Float64Array(real.length);
  for (let i = 0; i < real.length; i++) {
    integers[i] = Math.min(high, Math.max(low, Math.round(real[i] * factor)));
  }
  return integers;
}

/** The real values that a tensor's integers stand for. */
export function dequantiseTensor(
  { scale }: Pick<ManifestTensor, 'scale'>,
  values: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(values, (q) => q * 2 ** -scale);
}
