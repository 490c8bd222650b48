import type { Bn254 } from './bn254-wasm.ts';

/** What adding points of a group takes; addresses and byte counts of one instance's memory. */
export interface Group {
  /** Bytes of one coordinate: 32 in G1, 64 in G2. */
  readonly coordinateBytes: number;
  /** Address of the affine base point. */
  readonly base: number;
  readonly add: (a: number, b: number, out: number) => number;
  readonly sub: (a: number, b: number, out: number) => number;
  readonly mul: (a: number, b: number, out: number) => number;
  readonly square: (a: number, out: number) => number;
  readonly copy: (from: number, out: number) => number;
  readonly neg: (a: number, out: number) => number;
  readonly isZero: (a: number) => number;
  readonly batchInverse: (from: number, step: number, count: number, out: number, outStep: number) => number;
  readonly toJacobian: (affine: number, out: number) => number;
  readonly toAffine: (jacobian: number, out: number) => number;
  readonly addMixed: (jacobian: number, affine: number, out: number) => number;
  readonly addJacobian: (a: number, b: number, out: number) => number;
  readonly doubleJacobian: (a: number, out: number) => number;
  /** out = Jacobian zero. */
  readonly zeroJacobian: (out: number) => number;
}

export type GroupName = 'g1' | 'g2';

/** The group with its standard generator as the base. */
export function groupOf(curve: Bn254, name: GroupName): Group {
  const f = name === 'g1' ? 'f1m' : 'f2m';
  const g = name === 'g1' ? 'g1m' : 'g2m';
  return {
    coordinateBytes: name === 'g1' ? 32 : 64,
    base: name === 'g1' ? curve.g1Generator : curve.g2Generator,
    add: curve.fn[`${f}_add`],
    sub: curve.fn[`${f}_sub`],
    mul: curve.fn[`${f}_mul`],
    square: curve.fn[`${f}_square`],
    copy: curve.fn[`${f}_copy`],
    neg: curve.fn[`${f}_neg`],
    isZero: curve.fn[`${f}_isZero`],
    batchInverse: curve.fn[`${f}_batchInverse`],
    toJacobian: curve.fn[`${g}_toJacobian`],
    toAffine: curve.fn[`${g}_toAffine`],
    addMixed: curve.fn[`${g}_addMixed`],
    addJacobian: curve.fn[`${g}_add`],
    doubleJacobian: curve.fn[`${g}_double`],
    zeroJacobian: curve.fn[`${g}_zero`],
  };
}
