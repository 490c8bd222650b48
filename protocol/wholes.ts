import { boxIndices, type Whole } from './box.ts';
import { BadInputError } from './errors.ts';
import { dequantiseTensor, type Manifest } from './manifest.ts';

/** The inputs that a model's users give, in order. */
export function wholeInputs(manifest: Manifest): readonly Whole[] {
  return manifest.wholes?.inputs ?? [...Array(manifest.inputCount).keys()].map((id) => single(manifest, id));
}

/** The same as samples of them are read: with the type of those that are integers. */
export function sampleInputs(
  manifest: Manifest,
): readonly { readonly name: string; readonly shape: readonly number[]; readonly type?: string }[] {
  return wholeInputs(manifest).map(({ name, shape, pieces: [piece] }) => ({
    name,
    shape,
    ...(manifest.tensors[piece.tensor].whole ? { type: 'integer' } : {}),
  }));
}

/** The outputs that they get. */
export function wholeOutputs(manifest: Manifest): readonly Whole[] {
  return manifest.wholes?.outputs ?? manifest.outputs.map((id) => single(manifest, id));
}

function single({ tensors }: Manifest, tensor: number): Whole {
  const { name, shape } = tensors[tensor];
  return { name, shape, pieces: [{ tensor, start: shape.map(() => 0), end: shape }] };
}

/**
 * The values of each piece, in the order of the pieces.
 * @param values of the whole, row-major
 */
export function splitWhole({ shape, pieces }: Whole, values: Float64Array): readonly Float64Array[] {
  return pieces.map((box) => Float64Array.from(boxIndices(shape, box), (index) => values[index]));
}

/**
 * The whole from its pieces' values.
 * @throws BadInputError WHOLE_PIECES: the pieces do not cover it, each value once
 */
export function joinWhole({ name, shape, pieces }: Whole, parts: readonly Float64Array[]): Float64Array {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = new Float64Array(size).fill(NaN);
  pieces.forEach((box, i) =>
    boxIndices(shape, box).forEach((index, at) => {
      if (!Number.isNaN(values[index])) throw uncovered(name);
      values[index] = parts[i][at];
    }),
  );
  if (values.some(Number.isNaN)) throw uncovered(name);
  return values;
}

function uncovered(name: string): BadInputError {
  return new BadInputError('WHOLE_PIECES', `expected the pieces of ${name} to cover it, each value once`);
}

/** An input or an output, opened. */
export interface OpenedWhole {
  readonly name: string;
  readonly shape: readonly number[];
  /** What the commitments bind, row-major. */
  readonly integers: readonly number[];
  /** integers · 2^−scale: what the model means by them. */
  readonly values: readonly number[];
}

/**
 * A whole from the values of its tensors.
 * @param valuesOf integers by tensor id; undefined for a tensor that is not opened
 * @returns undefined where one of them is not opened
 * @throws BadInputError WHOLE_PIECES
 */
export function openWhole(
  { tensors }: Manifest,
  whole: Whole,
  valuesOf: (tensor: number) => Float64Array | undefined,
): OpenedWhole | undefined {
  const parts: Float64Array[] = [];
  for (const { tensor } of whole.pieces) {
    const values = valuesOf(tensor);
    if (values === undefined) return undefined;
    parts.push(values);
  }
  const integers = joinWhole(whole, parts);
  return {
    name: whole.name,
    shape: [...whole.shape],
    integers: Array.from(integers),
    values: Array.from(dequantiseTensor(tensors[whole.pieces[0].tensor], integers)),
  };
}

/** Place of the largest value, the first of equal ones: the class that a classifier's scores say. */
export function largestAt(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
