/** The part of snarkjs that this project calls. Files are paths or `{ type: 'mem', data }`. */
declare module 'snarkjs' {
  export interface MemoryFile {
    type: 'mem';
    data?: Uint8Array;
  }
  type BinaryFile = string | MemoryFile;
  interface Logger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }
  export const groth16: {
    prove(
      zkey: BinaryFile,
      witness: BinaryFile,
      logger?: Logger | null,
      options?: { singleThread?: boolean },
    ): Promise<{ proof: unknown; publicSignals: unknown }>;
    exportSolidityCallData(proof: unknown, publicSignals: readonly string[]): Promise<string>;
    verify(
      verifyingKey: unknown,
      publicSignals: readonly string[],
      proof: unknown,
      logger?: Logger,
    ): Promise<boolean>;
  };
  export const zKey: {
    newZKey(
      r1cs: BinaryFile,
      phase1: BinaryFile,
      zkey: BinaryFile,
      logger?: Logger,
    ): Promise<Uint8Array | -1>;
    exportVerificationKey(zkey: BinaryFile, logger?: Logger): Promise<unknown>;
    /** The contribution's hash. */
    contribute(
      from: BinaryFile,
      to: BinaryFile,
      name: string,
      entropy: string,
      logger?: Logger,
    ): Promise<Uint8Array>;
    /** The contribution's hash; false: refused. */
    beacon(
      from: BinaryFile,
      to: BinaryFile,
      name: string,
      beacon: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    verifyFromR1cs(r1cs: BinaryFile, phase1: BinaryFile, zkey: BinaryFile, logger?: Logger): Promise<boolean>;
  };
  export const wtns: {
    /** Writes the .wtns to `witness`. */
    calculate(input: object, wasm: BinaryFile | Uint8Array, witness: MemoryFile): Promise<void>;
    check(r1cs: BinaryFile, witness: BinaryFile, logger?: Logger): Promise<boolean>;
  };
  export const r1cs: {
    info(r1cs: BinaryFile, logger?: Logger): Promise<Record<string, unknown>>;
  };
  export const powersOfTau: {
    preparePhase2(unprepared: BinaryFile, prepared: BinaryFile, logger?: Logger): Promise<void>;
  };
}
