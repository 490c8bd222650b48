import { type Operand, floorShifted, lowBits } from '../../integer/exact.ts';
import { FIELD_BYTES, SCALAR_FIELD, writeLittleEndian } from '../../../groth16/formats/bn254.ts';
import { CircuitError } from '../errors.ts';
import { invert } from '../poseidon/field.ts';

/** Both halves of a split integer stay exact in 32-bit arithmetic. */
const HALF_BITS = 26;

/**
 * Fills the wires of a witness in their order, as canonical little-endian field elements of 32 bytes.
 * Small integers go in without a bigint.
 */
export class WitnessWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #modulus: bigint;
  #wire: number;

  /** @param first the wire that the first `next…` writes */
  constructor(wires: number, first: number, modulus = SCALAR_FIELD) {
    this.bytes = new Uint8Array(wires * FIELD_BYTES);
    this.#view = new DataView(this.bytes.buffer);
    this.#wire = first;
    this.#modulus = modulus;
  }

  /** The wire that the next call writes. */
  get wire(): number {
    return this.#wire;
  }

  /** Leaves the next wire for {@link setField}; its number. */
  skip(): number {
    return this.#wire++;
  }

  /** An exact integer into the next wire. */
  next(value: Operand): void {
    this.set(this.#wire++, value);
  }

  /** A canonical field element into the next wire. */
  nextField(value: bigint): void {
    this.setField(this.#wire++, value);
  }

  /** Any integer, as the field has it, into the next wire; what is written. */
  nextModular(value: bigint): bigint {
    const rest = value % this.#modulus;
    const canonical = rest < 0n ? rest + this.#modulus : rest;
    this.nextField(canonical);
    return canonical;
  }

  /** The value that another wire has into the next one. */
  nextCopy(wire: number): void {
    this.bytes.copyWithin(this.#wire++ * FIELD_BYTES, wire * FIELD_BYTES, (wire + 1) * FIELD_BYTES);
  }

  /** Bits 0 … count − 1 of a non-negative integer into the next wires, `without` one of them (−1: none). */
  nextBits(value: bigint, count: number, without: number): void {
    if (value < 0n || value >> BigInt(count) !== 0n) {
      throw new CircuitError('CIRCUIT_WITNESS_RANGE', `expected ${count} bits, got ${value}`);
    }
    for (let start = 0; start < count; start += HALF_BITS) {
      const part = Number((value >> BigInt(start)) & ((1n << BigInt(HALF_BITS)) - 1n));
      const end = Math.min(count - start, HALF_BITS);
      for (let bit = 0; bit < end; bit++) {
        if (start + bit === without) continue;
        this.#view.setUint8(this.#wire++ * FIELD_BYTES, (part >> bit) & 1);
      }
    }
  }

  /** 1 / value, or 0 for 0, into the next wire. */
  nextInverse(value: Operand): void {
    this.nextField(value === 0 ? 0n : invert(BigInt(value), this.#modulus));
  }

  set(wire: number, value: Operand): void {
    if (value < 0) {
      this.setField(wire, BigInt(value) + this.#modulus);
      return;
    }
    const at = wire * FIELD_BYTES;
    this.#view.setUint32(at, lowBits(value, 32), true);
    this.#view.setUint32(at + 4, floorShifted(value, 32), true);
  }

  setField(wire: number, value: bigint): void {
    writeLittleEndian(this.bytes, wire * FIELD_BYTES, value);
  }
}
