declare module 'ffjavascript' {
  interface Group<Coordinate> {
    readonly g: Uint8Array;
    timesScalar(point: Uint8Array, scalar: Uint8Array): Uint8Array;
    toAffine(point: Uint8Array): Uint8Array;
    toObject(point: Uint8Array): [Coordinate, Coordinate, Coordinate];
  }
  interface Curve {
    readonly G1: Group<bigint>;
    readonly G2: Group<[bigint, bigint]>;
  }
  export function buildBn128(singleThread: boolean): Promise<Curve>;
}
