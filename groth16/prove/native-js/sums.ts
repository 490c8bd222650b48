import { BYTES } from '../../curve/bn254-wasm.ts';
import type { Bn254 } from '../../curve/bn254-wasm.ts';
import type { GroupName } from '../../curve/group.ts';
import type { PointSums } from '../../kernel/point-sums.ts';
import { reverseBits } from '../../kernel/transforms.ts';
import { loadPoints } from './key.ts';
import type { MultiScalar, Points } from './msm.ts';
import type { SignedScalars } from './scalars.ts';

/** The sums of scalar multiples that a proof is made of, each over a section of the key. */
export const SUMS = ['a', 'b1', 'b2', 'c', 'h'] as const;
export type SumName = (typeof SUMS)[number];

export function groupOfSum(name: SumName): GroupName {
  return name === 'b2' ? 'g2' : 'g1';
}

/** Points of a key's sections, from some point on, as they stand in the file. */
export type SectionParts = Readonly<
  Partial<Record<SumName, { readonly points: Uint8Array; readonly from: number }>>
>;

/** Those whose scalars are the witness. */
export const WITNESS_SUMS = ['a', 'b1', 'b2', 'c'] as const;

/** How points are numbered by their scalars. */
export interface Numbering {
  readonly publicSignals: number;
  readonly domainSize: number;
}

/** In the instance's memory. Points at infinity are left out; scalars are numbered by wire, those of H in bit-reversed order. */
export type LoadedSums = Readonly<Partial<Record<SumName, Points>>>;

/** Sums, each Jacobian in wasmcurves' form. */
export type Sums = Readonly<Partial<Record<SumName, Uint8Array>>>;

export function loadSums(
  curve: Bn254,
  sums: Readonly<Record<GroupName, PointSums>>,
  parts: SectionParts,
  { publicSignals, domainSize }: Numbering,
): LoadedSums {
  const power = Math.log2(domainSize);
  const scalarOf: Readonly<Record<SumName, (index: number) => number>> = {
    a: (index) => index,
    b1: (index) => index,
    b2: (index) => index,
    c: (index) => index + publicSignals + 1,
    h: (index) => reverseBits(index, power),
  };
  return Object.fromEntries(
    SUMS.flatMap((name) => {
      const part = parts[name];
      if (part === undefined) return [];
      const { points, from } = part;
      return [
        [name, loadPoints(curve, sums[groupOfSum(name)], points, (index) => scalarOf[name](from + index))],
      ];
    }),
  );
}

/** The sums of these names that were loaded. */
export function sumsOf(
  curve: Bn254,
  multiScalar: Readonly<Record<GroupName, MultiScalar>>,
  loaded: LoadedSums,
  names: readonly SumName[],
  scalars: SignedScalars,
): Sums {
  return Object.fromEntries(
    names.flatMap((name) => {
      const points = loaded[name];
      if (points === undefined) return [];
      const group = groupOfSum(name);
      return [
        [
          name,
          curve.scratch(() => {
            const bytes = BYTES[`${group}Jacobian`];
            const out = curve.alloc(bytes);
            multiScalar[group].multiply(points, scalars, out);
            return curve.bytes(out, bytes).slice();
          }),
        ],
      ];
    }),
  );
}
