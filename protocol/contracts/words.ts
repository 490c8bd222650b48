import { BadInputError } from '../errors.ts';
import type { TensorSpec } from '../commitment/commit.ts';

/** What the chain knows of one slice of a model: contracts/types/SliceSpec.sol. */
export interface SliceSpec {
  /** Number of its circuit in the registry; 0: executed, not provable. */
  readonly circuit: number;
  /** Its circuit’s constraints; 0 when not provable. */
  readonly weight: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** The most inputs and outputs that a slice has together. */
export const MAX_SLICE_TENSORS = 11;

/** Packs a slice as `SliceSpecs.pack` does. @throws BadInputError SLICE_TOO_MANY_TENSORS */
export function packSliceSpec({ circuit, weight, inputs, outputs }: SliceSpec): bigint {
  const ids = [...inputs, ...outputs];
  if (ids.length > MAX_SLICE_TENSORS) {
    throw new BadInputError(
      'SLICE_TOO_MANY_TENSORS',
      `a slice has at most ${MAX_SLICE_TENSORS} tensors, got ${ids.length}`,
    );
  }
  const head =
    BigInt(circuit) |
    (BigInt(weight) << 40n) |
    (BigInt(inputs.length) << 72n) |
    (BigInt(outputs.length) << 76n);
  return ids.reduce((word, id, i) => word | (BigInt(id) << BigInt(80 + 16 * i)), head);
}

export function unpackSliceSpec(word: bigint): SliceSpec {
  const part = (shift: number, bits: number): number =>
    Number((word >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n));
  const inputCount = part(72, 4);
  const ids = Array.from({ length: inputCount + part(76, 4) }, (_, i) => part(80 + 16 * i, 16));
  return {
    circuit: part(0, 40),
    weight: part(40, 32),
    inputs: ids.slice(0, inputCount),
    outputs: ids.slice(inputCount),
  };
}

/** Packs a tensor as `TensorSpecs.pack` does: contracts/types/TensorSpec.sol. */
export function packTensorSpec({ count, bits, signed }: TensorSpec): bigint {
  return BigInt(count) | (BigInt(bits) << 32n) | (signed ? 1n << 40n : 0n);
}

export function unpackTensorSpec(word: bigint): TensorSpec {
  return {
    count: Number(word & 0xffffffffn),
    bits: Number((word >> 32n) & 0xffn),
    signed: ((word >> 40n) & 1n) === 1n,
  };
}
