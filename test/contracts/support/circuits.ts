import { mod } from './field.ts';
import { proveCommitted } from './groth16.ts';
import type { Circuit, Combination, TrapdoorKey } from './groth16.ts';

/**
 * A circuit in a form in which keys of one phase 1 and domain share their points of ic: constant, signals and X stand in
 * one row each, which says that a private wire equals them, and empty rows fill the domain up to the signals' own rows.
 * @param size of the domain
 */
export function normalForm(circuit: Circuit, size = 64): Circuit {
  const copies = circuit.signals + (circuit.committed === undefined ? 1 : 2);
  const copied = (combination: Combination): Combination =>
    Object.fromEntries(
      Object.entries(combination).map(([wire, factor]) => [
        Number(wire) < copies ? circuit.wires + Number(wire) : wire,
        factor,
      ]),
    );
  const equal = Array.from({ length: copies }, (_, s): Circuit['constraints'][number] => [
    {},
    {},
    { [s]: 1n, [circuit.wires + s]: -1n },
  ]);
  const rows = [
    ...equal,
    ...circuit.constraints.map(([a, b, c]) => [copied(a), copied(b), copied(c)] as const),
  ];
  const empty = Array.from({ length: (3 * size) / 4 - rows.length }, () => [{}, {}, {}] as const);
  return { ...circuit, wires: circuit.wires + copies, copies, constraints: [...rows, ...empty] };
}

/**
 * A circuit for tests of the market: its last signal is the tag, a private wire is the sum of all the others, and the
 * tag has a constraint of its own. Any signals can be proved, by whoever knows them. Other factors make other circuits.
 */
export function sumCircuit(signals: number, factor = 1n): Circuit {
  const sum = signals + 1;
  const square = signals + 2;
  return {
    wires: signals + 3,
    signals,
    constraints: [
      [
        Object.fromEntries(Array.from({ length: signals - 1 }, (_, i) => [i + 1, factor])),
        { 0: factor },
        { [sum]: factor * factor },
      ],
      [{ [signals]: factor }, { [signals]: 1n }, { [square]: factor }],
    ],
  };
}

/** The assignment of {@link sumCircuit} for these signals. */
export function sumWitness(signals: readonly bigint[]): bigint[] {
  const tag = signals[signals.length - 1];
  const sum = signals.slice(0, -1).reduce((total, value) => total + value, 0n);
  return [1n, ...signals, mod(sum), mod(tag * tag)];
}

/** x·x = z for a public z and a private x: false for a z without a root. */
export const squareCircuit: Circuit = {
  wires: 3,
  signals: 1,
  constraints: [[{ 2: 1n }, { 2: 1n }, { 1: 1n }]],
};

/** p·q = s for a public s and private factors. */
export const productCircuit: Circuit = {
  wires: 4,
  signals: 1,
  constraints: [[{ 2: 1n }, { 3: 1n }, { 1: 1n }]],
};

/**
 * {@link sumCircuit} with a committed wire c: a private wire is X·c, so that nothing fits but the X that was drawn for
 * the D of this c.
 */
export function committedCircuit(signals: number): Circuit {
  const [x, c, product, sum, square] = [1, 2, 3, 4, 5].map((i) => signals + i);
  return {
    wires: signals + 6,
    signals,
    committed: 1,
    constraints: [
      [{ [x]: 1n }, { [c]: 1n }, { [product]: 1n }],
      [
        Object.fromEntries(Array.from({ length: signals - 1 }, (_, i) => [i + 1, 1n])),
        { 0: 1n },
        { [sum]: 1n },
      ],
      [{ [signals]: 1n }, { [signals]: 1n }, { [square]: 1n }],
    ],
  };
}

/** A proof of {@link committedCircuit} for any signals and committed value. */
export function proveCommittedSum(
  key: TrapdoorKey,
  signals: readonly bigint[],
  committed: bigint,
): ReturnType<typeof proveCommitted> {
  const [, ...rest] = sumWitness(signals).slice(signals.length);
  return proveCommitted(key, signals, [committed], (x) => [mod(x * committed), ...rest], committed + 3n);
}
