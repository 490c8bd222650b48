/** The order of BN254's scalar field, r. */
export const SCALAR_FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** The order of BN254's base field, q: every coordinate of a point is below it. */
export const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** Bytes of one field element in the iden3 formats. */
export const FIELD_BYTES = 32;

/** Largest s such that 2^s divides r − 1: the largest evaluation domain is 2^s. */
export const TWO_ADICITY = 28;

/** Writes `value` < 2^256 little-endian into 32 bytes at `at`. */
export function writeLittleEndian(out: Uint8Array, at: number, value: bigint): void {
  const view = new DataView(out.buffer, out.byteOffset + at, FIELD_BYTES);
  for (let word = 0; word < 4; word++) {
    view.setBigUint64(word * 8, BigInt.asUintN(64, value >> BigInt(word * 64)), true);
  }
}

/** Reads 32 little-endian bytes at `at`. */
export function readLittleEndian(bytes: Uint8Array, at: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FIELD_BYTES);
  let value = 0n;
  for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(word * 8, true);
  return value;
}
