// What `sliceproof prove` wrote, as the arguments of `verify`. Needs nothing but this file: copy it to where you need it.
import { readFileSync } from 'node:fs';

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

interface Point2 {
  readonly x: [imaginary: bigint, real: bigint];
  readonly y: [imaginary: bigint, real: bigint];
}

/** A proof in snarkjs's form: affine decimal coordinates, the real part of the second group first. */
interface ProofJson {
  readonly pi_a: string[];
  readonly pi_b: string[][];
  readonly pi_c: string[];
  readonly pi_d?: string[];
  readonly pi_k?: string[];
}

interface Tensor {
  readonly shape: number[];
  readonly signed: boolean;
  readonly bits: number;
}

/** A file of `sliceproof prove`. */
export interface InferenceFile {
  readonly manifest: { readonly tensors: Tensor[]; readonly outputs: number[] };
  readonly trace: string[];
  readonly proved: { readonly slice: number; readonly proof: ProofJson }[];
  readonly opened: { readonly tensor: number; readonly salt: string; readonly values: number[] }[];
}

export interface SliceProof {
  slice: number;
  a: Point;
  b: Point2;
  c: Point;
  d: Point;
  k: Point;
}

export interface OutputOpening {
  salt: bigint;
  words: bigint[];
}

/** Reads a file of `sliceproof prove`. */
export function readInference(file: string | URL): InferenceFile {
  return JSON.parse(readFileSync(file, 'utf8')) as InferenceFile;
}

/**
 * The arguments of `verify`, in its order.
 * @param slices the model's slices as the registry has them: `modelInfo(modelId).slices`. Their low 40 bits are their
 *   circuits' numbers, which proofs are ordered by.
 */
export function inferenceArguments(
  { manifest, trace, proved, opened }: InferenceFile,
  slices: readonly bigint[],
): [trace: string[], proofs: SliceProof[], outputs: OutputOpening[]] {
  const circuitOf = (slice: number): bigint => slices[slice] & ((1n << 40n) - 1n);
  const proofs = proved
    .map(({ slice, proof: { pi_a, pi_b, pi_c, pi_d, pi_k } }) => ({
      slice,
      a: point(pi_a),
      b: point2(pi_b),
      c: point(pi_c),
      d: point(pi_d),
      k: point(pi_k),
    }))
    .sort((one, other) => Number(circuitOf(one.slice) - circuitOf(other.slice)));
  const outputs = manifest.outputs.map((tensor) => {
    const shown = opened.find((opening) => opening.tensor === tensor);
    if (shown === undefined)
      throw new Error(`expected output ${tensor} in the clear, the file does not show it`);
    return { salt: BigInt(shown.salt), words: pack(manifest.tensors[tensor], shown.values) };
  });
  return [trace, proofs, outputs];
}

/** Values in words of 253 bits, the first in the lowest bits; a signed v as v + 2^(bits − 1). */
function pack({ signed, bits }: Tensor, values: readonly number[]): bigint[] {
  const perWord = Math.floor(253 / bits);
  const offset = signed ? 1n << BigInt(bits - 1) : 0n;
  const words: bigint[] = [];
  values.forEach((value, i) => {
    const place = BigInt((i % perWord) * bits);
    if (i % perWord === 0) words.push(0n);
    words[words.length - 1] |= (BigInt(value) + offset) << place;
  });
  return words;
}

function point(coordinates: readonly string[] | undefined): Point {
  return coordinates === undefined
    ? { x: 0n, y: 0n }
    : { x: BigInt(coordinates[0]), y: BigInt(coordinates[1]) };
}

function point2([x, y]: readonly string[][]): Point2 {
  return { x: [BigInt(x[1]), BigInt(x[0])], y: [BigInt(y[1]), BigInt(y[0])] };
}
