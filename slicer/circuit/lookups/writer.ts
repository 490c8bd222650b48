import { exact, type Operand } from '../../integer/exact.ts';
import { FIELD_BYTES, SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { ChallengeSource } from '../../../groth16/lookups/challenge.ts';
import { CircuitError } from '../errors.ts';
import { GrowableUint32 } from '../rows/growable.ts';
import { invert } from '../poseidon/field.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { BOOLEANS_A_WORD } from './demand.ts';
import type { LookupTable } from './table.ts';

interface Looks {
  readonly table: LookupTable;
  /** Places of the values in the table, in order. */
  readonly places: GrowableUint32;
  readonly multiplicities: Uint32Array;
}

/** The witness of a `LookupArgument`, in its order: what doesn't depend on the challenge first, the rest by {@link close}. */
export class LookupWriter {
  readonly #writer: WitnessWriter;
  readonly #challenge: number;
  #committed: number;
  readonly #booleans: number[] = [];
  readonly #looks = new Map<string, Looks>();
  readonly #late: ((challenge: bigint) => void)[] = [];

  /** @param challenge the challenge's wire; the committed ones follow it */
  constructor(writer: WitnessWriter, challenge: number) {
    this.#writer = writer;
    this.#challenge = challenge;
    this.#committed = challenge + 1;
  }

  /** An exact integer into the next committed wire. */
  commit(value: Operand): void {
    this.#writer.set(this.#committed++, value);
  }

  /** The next wire is a boolean that goes into a committed word. */
  boolean(bit: Operand): void {
    this.#writer.next(bit);
    this.#booleans.push(bit);
  }

  /** @param place of the value among the table's entries */
  look(table: LookupTable, place: number): void {
    let looks = this.#looks.get(table.key);
    if (looks === undefined) {
      const multiplicities = new Uint32Array(table.entries.length);
      looks = { table, places: new GrowableUint32(), multiplicities };
      this.#looks.set(table.key, looks);
    }
    if (!Number.isInteger(place) || place < 0 || place >= table.entries.length) {
      throw new CircuitError(
        'CIRCUIT_WITNESS_RANGE',
        `expected an entry of table ${table.key}, got ${place}`,
      );
    }
    looks.places.push(place);
    looks.multiplicities[place]++;
  }

  /** What `LookupArgument.later` added, in its order. */
  later(assign: (challenge: bigint) => void): void {
    this.#late.push(assign);
  }

  /**
   * @throws CircuitError CIRCUIT_CHALLENGE: not in the field, or an entry of a table, which is as likely as a guess
   */
  close(signals: readonly bigint[], source: ChallengeSource): void {
    const writer = this.#writer;
    for (let start = 0; start < this.#booleans.length; start += BOOLEANS_A_WORD) {
      let word = 0n;
      for (const [i, bit] of this.#booleans.slice(start, start + BOOLEANS_A_WORD).entries()) {
        if (bit === 1) word |= 1n << BigInt(i);
      }
      writer.setField(this.#committed++, word);
    }
    for (const { multiplicities } of this.#looks.values())
      for (const m of multiplicities) this.commit(exact(m));
    writer.setField(this.#committed++, source.blinding);
    const first = this.#challenge + 1;
    const challenge = source.challenge(
      signals,
      writer.bytes.subarray(first * FIELD_BYTES, this.#committed * FIELD_BYTES),
    );
    if (challenge < 0n || challenge >= SCALAR_FIELD) throw badChallenge();
    writer.setField(this.#challenge, challenge);
    for (const assign of this.#late) assign(challenge);
    for (const looks of this.#looks.values()) this.#inverses(looks, challenge);
  }

  /** One inverse an entry that occurs; values that are the same entry have the same. */
  #inverses({ table, places, multiplicities }: Looks, challenge: bigint): void {
    const writer = this.#writer;
    const used = table.entries.map((_, place) => place).filter((place) => multiplicities[place] > 0);
    const inverses = invertAll(used.map((place) => challenge - BigInt(table.entries[place])));
    const first = writer.wire;
    const firstOf = new Map<number, number>();
    const inverseOf = new Map(used.map((place, i) => [place, inverses[i]]));
    for (let i = 0; i < places.length; i++) {
      const place = places.at(i);
      const same = firstOf.get(place);
      if (same === undefined) {
        firstOf.set(place, first + i);
        writer.nextField(inverseOf.get(place) as bigint);
      } else writer.nextCopy(same);
    }
    for (const [place, m] of multiplicities.entries()) {
      writer.nextField(m === 0 ? 0n : (BigInt(m) * (inverseOf.get(place) as bigint)) % SCALAR_FIELD);
    }
  }
}

/** Montgomery's trick: one inversion and three products a value. */
function invertAll(values: readonly bigint[]): bigint[] {
  const before: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    before.push(product);
    product = (product * (value < 0n ? value + SCALAR_FIELD : value)) % SCALAR_FIELD;
  }
  if (product === 0n) throw badChallenge();
  let rest = invert(product, SCALAR_FIELD);
  const inverses = new Array<bigint>(values.length);
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = (rest * before[i]) % SCALAR_FIELD;
    rest = (rest * (values[i] < 0n ? values[i] + SCALAR_FIELD : values[i])) % SCALAR_FIELD;
  }
  return inverses;
}

function badChallenge(): CircuitError {
  return new CircuitError('CIRCUIT_CHALLENGE', 'expected a challenge below r that is no entry of a table', {
    hint: 'Compute the witness again with another blinding.',
    retryable: true,
  });
}
