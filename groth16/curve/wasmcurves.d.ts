/** The prebuilt BN254 module of wasmcurves; the fields are addresses in its memory image. */
declare module 'wasmcurves/build/bn128_wasm.js' {
  const bn128: {
    /** The module's bytes, base64. */
    readonly code: string;
    readonly pG1gen: number;
    readonly pG2gen: number;
    readonly pOneT: number;
  };
  export default bn128;
}
