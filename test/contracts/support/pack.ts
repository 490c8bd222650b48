/** A slice's word as ModelRegistry takes it. */
export function packSlice(spec: {
  readonly circuit: number;
  readonly weight: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}): bigint {
  const ids = [...spec.inputs, ...spec.outputs];
  const head =
    BigInt(spec.circuit) |
    (BigInt(spec.weight) << 40n) |
    (BigInt(spec.inputs.length) << 72n) |
    (BigInt(spec.outputs.length) << 76n);
  return ids.reduce((word, id, i) => word | (BigInt(id) << BigInt(80 + 16 * i)), head);
}

/** A tensor's word as ModelRegistry takes it. */
export function packTensor(spec: {
  readonly count: number;
  readonly bits: number;
  readonly signed: boolean;
}): bigint {
  return BigInt(spec.count) | (BigInt(spec.bits) << 32n) | (spec.signed ? 1n << 40n : 0n);
}
