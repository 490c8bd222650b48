import { wasmApi } from '../../curve/bn254-wasm.ts';
import type { WasmMemory } from '../../curve/bn254-wasm.ts';

// A WebAssembly assembler of just what the prover's loops need: functions of i32 arguments and locals over an
// imported memory, calling imported functions. Numbers in the tables are the opcodes of the core specification.

/** Bytes of instructions. */
export type Code = readonly number[];

/** A parameter or local of the function being written, by index. */
export type Local = number;

/** One function of i32 parameters and no result. */
export interface LoopFunction {
  readonly name: string;
  readonly parameters: number;
  /** Locals besides the parameters; their indices follow those of the parameters. */
  readonly locals: number;
  readonly body: Code;
}

/** A function of another instance: its number of i32 parameters and whether it gives an i32. */
export interface ImportedFunction {
  readonly parameters: number;
  readonly result: boolean;
  readonly run: (...args: number[]) => number;
}

const I32 = 0x7f;
const EMPTY = 0x40;

export const get = (local: Local): Code => [0x20, ...unsigned(local)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const constant = (value: number): Code => [0x41, ...signed(value)];
export const load = (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const store = (address: Code, value: Code): Code => [...address, ...value, 0x36, 2, 0];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const and = (a: Code, b: Code): Code => [...a, ...b, 0x71];
export const or = (a: Code, b: Code): Code => [...a, ...b, 0x72];
export const xor = (a: Code, b: Code): Code => [...a, ...b, 0x73];
export const shiftLeft = (a: Code, b: Code): Code => [...a, ...b, 0x74];
export const shiftRight = (a: Code, b: Code): Code => [...a, ...b, 0x76];
export const equal = (a: Code, b: Code): Code => [...a, ...b, 0x46];
/** Calls an import by its place among the imports. */
export const call = (index: number, ...args: readonly Code[]): Code => [
  ...args.flat(),
  0x10,
  ...unsigned(index),
];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  EMPTY,
  ...then,
  ...(otherwise.length === 0 ? [] : [0x05, ...otherwise]),
  0x0b,
];
/** Repeats `body` while `condition` holds. */
export const whilst = (condition: Code, body: Code): Code => [
  ...[0x02, EMPTY, 0x03, EMPTY],
  ...condition,
  ...[0x45, 0x0d, 1],
  ...body,
  ...[0x0c, 0, 0x0b, 0x0b],
];
/** a < b, unsigned. */
export const below = (a: Code, b: Code): Code => [...a, ...b, 0x49];

/** Instantiates the functions next to another module, in its memory. */
export function assemble<Name extends string>(
  memory: WasmMemory,
  imports: readonly ImportedFunction[],
  functions: readonly (LoopFunction & { readonly name: Name })[],
): Readonly<Record<Name, (...args: number[]) => void>> {
  const types = [
    ...imports.map(({ parameters, result }) => functionType(parameters, result)),
    ...functions.map(({ parameters }) => functionType(parameters, false)),
  ];
  const importSection = [
    [...name('env'), ...name('memory'), 0x02, 0, 1],
    ...imports.map((_, index) => [...name('env'), ...name(String(index)), 0, ...unsigned(index)]),
  ];
  const functionSection = functions.map((_, index) => unsigned(imports.length + index));
  const exportSection = functions.map(({ name: exported }, index) => [
    ...name(exported),
    0,
    ...unsigned(imports.length + index),
  ]);
  const codeSection = functions.map(({ locals, body }) => {
    const declared = locals === 0 ? [0] : [1, ...unsigned(locals), I32];
    return sized([...declared, ...body, 0x0b]);
  });
  const code = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, importSection),
    ...section(3, functionSection),
    ...section(7, exportSection),
    ...section(10, codeSection),
  ]);
  const wasm = wasmApi();
  const env: Readonly<Record<string, unknown>> = Object.fromEntries<unknown>([
    ['memory', memory],
    ...imports.map(({ run }, index) => [String(index), run] as const),
  ]);
  return new wasm.Instance(new wasm.Module(code), { env }).exports as Record<
    Name,
    (...args: number[]) => void
  >;
}

function functionType(parameters: number, result: boolean): Code {
  return [
    0x60,
    ...unsigned(parameters),
    ...Array.from({ length: parameters }, () => I32),
    ...(result ? [1, I32] : [0]),
  ];
}

function section(id: number, items: readonly Code[]): Code {
  return [id, ...sized([...unsigned(items.length), ...items.flat()])];
}

function sized(code: Code): Code {
  return [...unsigned(code.length), ...code];
}

function name(text: string): Code {
  return sized([...new TextEncoder().encode(text)]);
}

/** Unsigned LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128 of 32 bits. */
function signed(value: number): Code {
  const rest = value >> 7;
  const done = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0);
  return done ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(rest)];
}
