import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';

/** Bits of a field element. */
const FIELD_BITS = 254;

/**
 * The Grain LFSR from which Poseidon draws its constants (Grassi et al., "Poseidon", appendix E; reference
 * script generate_parameters_grain.sage): 80 bits of state that name the instance, 160 steps thrown away,
 * then of each pair of bits the second counts if the first is one.
 */
export class Grain {
  readonly #state = new Uint8Array(80);
  #at = 0;

  /** @param width field elements of the state, t */
  constructor(width: number, fullRounds: number, partialRounds: number) {
    const fields: readonly (readonly [number, number])[] = [
      [1, 2], // a prime field
      [0, 4], // the S-box is a power
      [FIELD_BITS, 12],
      [width, 12],
      [fullRounds, 10],
      [partialRounds, 10],
      [2 ** 30 - 1, 30],
    ];
    let next = 0;
    for (const [value, bits] of fields) {
      for (let bit = bits - 1; bit >= 0; bit--) this.#state[next++] = (value >> bit) & 1;
    }
    for (let i = 0; i < 160; i++) this.#step();
  }

  /** A field element, by rejection. */
  element(): bigint {
    for (;;) {
      const value = this.integer();
      if (value < SCALAR_FIELD) return value;
    }
  }

  /** 254 bits, the highest first. */
  integer(): bigint {
    let digits = '0b';
    for (let i = 0; i < FIELD_BITS; i++) digits += this.#bit();
    return BigInt(digits);
  }

  #bit(): number {
    while (this.#step() === 0) this.#step();
    return this.#step();
  }

  #step(): number {
    const state = this.#state;
    const tap = (distance: number): number => state[(this.#at + distance) % 80];
    const bit = tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0);
    state[this.#at] = bit;
    this.#at = (this.#at + 1) % 80;
    return bit;
  }
}
