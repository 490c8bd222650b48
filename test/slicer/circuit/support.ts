import { SCALAR_FIELD, readLittleEndian } from '../../../groth16/formats/bn254.ts';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';
import { holdsRow } from '../../../slicer/circuit/witness/check.ts';
import { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { WitnessWriter } from '../../../slicer/circuit/witness/witness-writer.ts';

/** A gadget alone: its arguments are the private inputs, wires 1 … inputs. */
export interface GadgetCircuit {
  readonly inputs: number;
  readonly modulus: bigint;
  readonly r1cs: R1cs;
  /** All wires, from the arguments and the gadget's own assignment. */
  readonly witness: (values: readonly bigint[]) => bigint[];
}

export interface GadgetDescription {
  readonly inputs: number;
  readonly modulus?: bigint;
  readonly constrain: (builder: R1csBuilder) => void;
  readonly assign: (writer: WitnessWriter, values: readonly bigint[]) => void;
}

export function gadgetCircuit({
  inputs,
  modulus = SCALAR_FIELD,
  constrain,
  assign,
}: GadgetDescription): GadgetCircuit {
  const builder = new R1csBuilder({ publicInputs: 0, privateInputs: inputs, modulus });
  constrain(builder);
  const r1cs = builder.finish();
  return {
    inputs,
    modulus,
    r1cs,
    witness: (values) => {
      const writer = new WitnessWriter(r1cs.wires, 1 + inputs, modulus);
      writer.set(0, 1);
      for (const [i, value] of values.entries()) writer.setField(1 + i, mod(value, modulus));
      assign(writer, values);
      if (writer.wire !== r1cs.wires) throw new Error(`assigned ${writer.wire} of ${r1cs.wires} wires`);
      return wiresOf(writer.bytes);
    },
  };
}

export function mod(value: bigint, modulus = SCALAR_FIELD): bigint {
  return ((value % modulus) + modulus) % modulus;
}

export function wiresOf(bytes: Uint8Array): bigint[] {
  return Array.from({ length: bytes.length / 32 }, (_, wire) => readLittleEndian(bytes, wire * 32));
}

/** For every wire, the rows that it stands in. */
export function rowsByWire(r1cs: R1cs): readonly (readonly number[])[] {
  const rows = Array.from({ length: r1cs.wires }, () => new Set<number>());
  const collect = ({ offsets, wires }: SparseRows): void => {
    for (let row = 0; row < r1cs.constraints; row++) {
      for (let t = offsets[row]; t < offsets[row + 1]; t++) rows[wires[t]].add(row);
    }
  };
  [r1cs.a, r1cs.b, r1cs.c].forEach(collect);
  return rows.map((set) => [...set]);
}

/** The values that an edit of one wire tries. */
function edits(value: bigint, modulus: bigint): bigint[] {
  return [value + 1n, value - 1n, 0n, 1n, -1n, 2n * value, -value, value + (modulus >> 1n)]
    .map((edit) => mod(edit, modulus))
    .filter((edit) => edit !== value);
}

/** The wires from `first` on that can be changed alone without breaking a row. */
export function looseWires(
  r1cs: R1cs,
  witness: readonly bigint[],
  first: number,
  modulus = SCALAR_FIELD,
): number[] {
  const rows = rowsByWire(r1cs);
  const edited = [...witness];
  const loose: number[] = [];
  for (let wire = first; wire < r1cs.wires; wire++) {
    const passes = edits(witness[wire], modulus).some((edit) => {
      edited[wire] = edit;
      return rows[wire].every((row) => holdsRow(r1cs, row, edited, modulus));
    });
    edited[wire] = witness[wire];
    if (passes) loose.push(wire);
  }
  return loose;
}

/**
 * Every witness of a circuit over a small prime with its first wires given, by trying all values: next always
 * a wire that fills a row, if there is one, and each row is checked as soon as it is full. A system of few rows
 * has more witnesses than memory holds: of such only those are given that `tries` values find.
 */
export function solutions(
  r1cs: R1cs,
  given: readonly bigint[],
  modulus: bigint,
  tries = Infinity,
): bigint[][] {
  const wiresOfRow = Array.from({ length: r1cs.constraints }, (_, row) => {
    const all = [r1cs.a, r1cs.b, r1cs.c].flatMap(({ offsets, wires }) => [
      ...wires.subarray(offsets[row], offsets[row + 1]),
    ]);
    return [...new Set(all)].filter((wire) => wire > given.length);
  });
  const free = Array.from({ length: r1cs.wires - 1 - given.length }, (_, i) => 1 + given.length + i);
  const order: number[] = [];
  while (order.length < free.length) {
    const left = free.filter((wire) => !order.includes(wire));
    const fills = (wire: number): boolean =>
      wiresOfRow.some(
        (wires) => wires.includes(wire) && wires.every((other) => other === wire || order.includes(other)),
      );
    order.push(left.find(fills) ?? left[0]);
  }
  const placeOf = new Map(order.map((wire, place) => [wire, place]));
  const rowsAt = order.map(() => [] as number[]);
  const values = [1n, ...given, ...free.map(() => 0n)];
  const candidates = order.map(() => Array.from({ length: Number(modulus) }, (_, value) => BigInt(value)));
  for (const [row, wires] of wiresOfRow.entries()) {
    const last = Math.max(...wires.map((wire) => placeOf.get(wire)!));
    if (wires.length === 0) {
      if (!holdsRow(r1cs, row, values, modulus)) return [];
    } else if (wires.length === 1) {
      candidates[last] = candidates[last].filter((value) => {
        values[order[last]] = value;
        return holdsRow(r1cs, row, values, modulus);
      });
    } else rowsAt[last].push(row);
  }
  const found: bigint[][] = [];
  let tried = 0;
  const search = (place: number): void => {
    if (place === order.length) {
      found.push([...values]);
      return;
    }
    for (const value of candidates[place]) {
      if (++tried > tries) return;
      values[order[place]] = value;
      if (rowsAt[place].every((row) => holdsRow(r1cs, row, values, modulus))) search(place + 1);
    }
  };
  search(0);
  return found;
}
