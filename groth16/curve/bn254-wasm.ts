import bn128 from 'wasmcurves/build/bn128_wasm.js';

/** Bytes of what the module works on. Points are affine unless the name says Jacobian. */
export const BYTES = { field: 32, g1: 64, g2: 128, g1Jacobian: 96, g2Jacobian: 192, target: 384 } as const;

type WasmFunction = (...args: number[]) => number;

/** The functions of wasmcurves' module that this project calls; arguments are addresses and counts. */
export type Bn254Functions = Readonly<
  Record<
    | FieldFunction<'frm'>
    | FieldFunction<'f1m'>
    | FieldFunction<'f2m'>
    | GroupFunction<'g1m'>
    | GroupFunction<'g2m'>
    | 'frm_batchToMontgomery'
    | 'frm_batchFromMontgomery'
    | 'ftm_fromMontgomery'
    | 'qap_joinABC'
    | 'bn128_pairing'
    | 'bn128_pairingEq2'
    | 'bn128_pairingEq4',
    WasmFunction
  >
>;

type FieldFunction<P extends string> =
  `${P}_${'add' | 'sub' | 'neg' | 'mul' | 'square' | 'inverse' | 'batchInverse' | 'toMontgomery' | 'fromMontgomery' | 'one' | 'zero' | 'isZero' | 'eq' | 'exp' | 'copy'}`;

type GroupFunction<P extends string> =
  `${P}_${'add' | 'addAffine' | 'addMixed' | 'double' | 'doubleAffine' | 'neg' | 'negAffine' | 'zero' | 'isZero' | 'toAffine' | 'toJacobian' | 'timesScalar' | 'timesScalarAffine' | 'inCurveAffine' | 'toMontgomeryAffine' | 'fromMontgomeryAffine' | 'batchToAffine'}`;

/**
 * One instance of wasmcurves' BN254 arithmetic with a bump allocator over its memory. Field elements are 32
 * bytes little-endian in Montgomery form (R = 2^256), a point at infinity is all zero bytes when affine.
 */
export interface Bn254 {
  readonly fn: Bn254Functions;
  /** The memory itself, for a module that works next to this one. */
  readonly memory: WasmMemory;
  /** Address of the generator of G1, Jacobian with z = 1 (its first 64 bytes are the affine point). */
  readonly g1Generator: number;
  /** Address of the generator of G2, Jacobian with z = 1. */
  readonly g2Generator: number;
  /** Address of the one of the target group. */
  readonly targetOne: number;
  /** Room for `bytes` bytes, aligned to 32. The memory may move: take views again after a call. */
  alloc(bytes: number): number;
  /** Makes sure that the module itself can take `bytes` more (it never grows its memory). */
  reserve(bytes: number): void;
  /** Runs `work`; what it allocated is free again afterwards. */
  scratch<T>(work: () => T): T;
  /** Address from which the memory is free. */
  top(): number;
  /** Frees everything from `top` on. */
  release(top: number): void;
  /** A view; valid until the next `alloc` or `reserve`. */
  bytes(at: number, length: number): Uint8Array;
}

// Node has these; the ES library of TypeScript does not declare them.
/** A module's linear memory. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface WasmInstance {
  readonly exports: unknown;
}
/** A compiled module: may be sent to worker threads. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}
interface WasmApi {
  compile(code: Uint8Array): Promise<WasmModule>;
  /** Compiles at once; for small modules. */
  readonly Module: new (code: Uint8Array) => WasmModule;
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: object) => WasmInstance;
}

const PAGE = 65_536;
const INITIAL_PAGES = 32;
const MAXIMUM_PAGES = 32_767;
const ALIGNMENT = 32;

/** Compiles wasmcurves' BN254 module. */
export async function compileBn254(): Promise<WasmModule> {
  return wasmApi().compile(Uint8Array.from(atob(codeOf(bn128)), (letter) => letter.charCodeAt(0)));
}

/** Not `bn128.code` in its place: a bundler takes that for a constant and carries 110 KiB twice. */
function codeOf({ code }: { readonly code: string }): string {
  return code;
}

/** A fresh instance with a memory of its own. */
export function instantiateBn254(module: WasmModule): Bn254 {
  const wasm = wasmApi();
  const memory = new wasm.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
  const instance = new wasm.Instance(module, { env: { memory } });
  // The module keeps its own bump pointer in the first word of the memory; batch functions take room there.
  const top = (): number => new Uint32Array(memory.buffer, 0, 1)[0];
  const setTop = (value: number): void => {
    new Uint32Array(memory.buffer, 0, 1)[0] = value;
  };
  const reserve = (bytes: number): void => {
    const missing = top() + bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  };
  return {
    fn: instance.exports as Bn254Functions,
    memory,
    g1Generator: bn128.pG1gen,
    g2Generator: bn128.pG2gen,
    targetOne: bn128.pOneT,
    alloc(bytes) {
      reserve(bytes + ALIGNMENT);
      const at = Math.ceil(top() / ALIGNMENT) * ALIGNMENT;
      setTop(at + bytes);
      return at;
    },
    reserve,
    scratch(work) {
      const before = top();
      try {
        return work();
      } finally {
        setTop(before);
      }
    },
    top,
    release: setTop,
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
  };
}

/** Compiles and instantiates in one step, for a thread that needs one instance. */
export async function loadBn254(): Promise<Bn254> {
  return instantiateBn254(await compileBn254());
}

/** WebAssembly with the types that this project needs. */
export function wasmApi(): WasmApi {
  return (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
}
