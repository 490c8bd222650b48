declare module 'circomlibjs' {
  interface Field {
    e(value: bigint): Uint8Array;
    toObject(element: Uint8Array): bigint;
  }
  interface Poseidon {
    (inputs: readonly bigint[]): Uint8Array;
    F: Field;
  }
  export function buildPoseidon(): Promise<Poseidon>;
  interface Eddsa {
    babyJub: { F: Field };
    prv2pub(privateKey: Uint8Array): readonly [Uint8Array, Uint8Array];
    signPoseidon(
      privateKey: Uint8Array,
      message: Uint8Array,
    ): { readonly R8: readonly [Uint8Array, Uint8Array]; readonly S: bigint };
  }
  export function buildEddsa(): Promise<Eddsa>;
}
