declare module 'r1csfile' {
  interface Read {
    readonly F: { toObject(value: Uint8Array): bigint };
    readonly constraints: readonly (readonly Readonly<Record<string, Uint8Array>>[])[];
    readonly map: readonly number[];
  }
  export function readR1cs(
    file: { type: 'mem'; data: Uint8Array },
    options: { loadConstraints: boolean; loadMap: boolean; singleThread: boolean },
  ): Promise<Read>;
}
