import { wasmApi } from '../curve/bn254-wasm.ts';
import type { WasmMemory, WasmModule } from '../curve/bn254-wasm.ts';

// Writes WebAssembly modules: functions over an imported memory. Opcodes are those of the core specification, SIMD's
// and relaxed SIMD's included (https://webassembly.github.io/spec/core/appendix/index-instructions.html).

export type Type = 'i32' | 'i64' | 'v128';

/** What one instruction gave, or a parameter: a local that is never written again. */
export interface Value<T extends Type = Type> {
  readonly type: T;
  readonly local: number;
}

/** A local that may be written again. */
export interface Variable<T extends Type = Type> extends Value<T> {
  readonly varies: true;
}

/** A number stands for the constant of type i32. */
export type Operand<T extends Type = Type> = Value<T> | (T extends 'i32' ? number : never);
export type I32 = Operand<'i32'>;

/** A function of the module or one that it imports. */
export interface FunctionRef {
  readonly name: string;
  readonly parameters: readonly Type[];
  readonly result: Type | undefined;
}

/** Writes the instructions of one function. */
export interface Writer {
  /** An instruction with its immediates; what it gives goes to a new local. */
  readonly op: <T extends Type>(
    type: T,
    code: readonly number[],
    ...operands: readonly Operand[]
  ) => Value<T>;
  /** An instruction that gives nothing. */
  act(code: readonly number[], ...operands: readonly Operand[]): void;
  variable<T extends Type>(initial: Value<T> | (T extends 'i32' ? number : never), type: T): Variable<T>;
  assign<T extends Type>(variable: Variable<T>, value: Operand<T>): void;
  call<T extends Type>(type: T, ref: FunctionRef, ...operands: readonly Operand[]): Value<T>;
  run(ref: FunctionRef, ...operands: readonly Operand[]): void;
  /** Repeats `body` while what `condition` gives isn't zero. */
  whilst(condition: () => I32, body: () => void): void;
  when(condition: I32, then: () => void, otherwise?: () => void): void;
  /** Ends the function. */
  giveBack(value: Operand): void;
}

const TYPES = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
const EMPTY = 0x40;

/** A function of another instance, called by its place. */
export interface ImportedFunction extends FunctionRef {
  readonly run: (...args: number[]) => unknown;
}

/** Bytes, and functions whose places aren't known yet. */
type Code = (number | FunctionRef)[];

/** The same, with bytes that follow each other together: an eighth of the memory. */
type Packed = readonly (Uint8Array | FunctionRef)[];

interface Written extends FunctionRef {
  readonly locals: readonly Type[];
  readonly code: Packed;
}

/** Collects functions and makes them a module. */
export interface ModuleWriter {
  import(
    name: string,
    parameters: number,
    result: 'i32' | undefined,
    run: ImportedFunction['run'],
  ): FunctionRef;
  define(
    name: string,
    parameters: readonly Type[],
    result: Type | undefined,
    write: (writer: Writer, ...parameters: readonly Value[]) => void,
  ): FunctionRef;
  /** Compiles what was defined, or takes the module that was known. */
  compile(): WasmModule;
  instantiate(module: WasmModule, memory: WasmMemory): Functions;
}

/** What an instance has. */
export type Functions = Readonly<Record<string, (...args: number[]) => number>>;

/** @param known the module that the same definitions gave before: they are not written again */
export function createModuleWriter(known?: WasmModule): ModuleWriter {
  const imports: ImportedFunction[] = [];
  const functions: Written[] = [];
  return {
    import(name, parameters, result, run) {
      const ref = { name, parameters: Array.from({ length: parameters }, () => 'i32' as const), result, run };
      imports.push(ref);
      return ref;
    },
    define(name, parameters, result, write) {
      const { writer, locals, code } = createWriter(parameters);
      if (known === undefined) write(writer, ...parameters.map((type, local) => ({ type, local })));
      const ref = { name, parameters, result, locals, code: packedCode(code) };
      functions.push(ref);
      return ref;
    },
    compile: () => known ?? new (wasmApi().Module)(encode(imports, functions)),
    instantiate(module, memory) {
      const env = Object.fromEntries<unknown>([
        ['memory', memory],
        ...imports.map(({ run }, index) => [String(index), run] as const),
      ]);
      return new (wasmApi().Instance)(module, { env }).exports as Functions;
    },
  };
}

function createWriter(parameters: readonly Type[]): {
  readonly writer: Writer;
  readonly locals: Type[];
  readonly code: Code;
} {
  const locals: Type[] = [];
  const code: Code = [];
  const fresh = <T extends Type>(type: T): Value<T> => ({
    type,
    local: parameters.length + locals.push(type) - 1,
  });
  const push = (operands: readonly Operand[]): void => {
    for (const operand of operands) {
      if (typeof operand === 'number') code.push(0x41, ...signed(BigInt(operand | 0)));
      else code.push(0x20, ...unsigned(operand.local));
    }
  };
  const keep = <T extends Type>(type: T): Value<T> => {
    const value = fresh(type);
    code.push(0x21, ...unsigned(value.local));
    return value;
  };
  const writer: Writer = {
    op(type, instruction, ...operands) {
      push(operands);
      code.push(...instruction);
      return keep(type);
    },
    act(instruction, ...operands) {
      push(operands);
      code.push(...instruction);
    },
    variable(initial, type) {
      push([initial]);
      return { ...keep(type), varies: true };
    },
    assign(variable, value) {
      push([value]);
      code.push(0x21, ...unsigned(variable.local));
    },
    call(type, ref, ...operands) {
      writer.run(ref, ...operands);
      return keep(type);
    },
    run(ref, ...operands) {
      push(operands);
      code.push(0x10, ref);
    },
    whilst(condition, body) {
      code.push(0x02, EMPTY, 0x03, EMPTY);
      push([condition()]);
      code.push(0x45, 0x0d, 1);
      body();
      code.push(0x0c, 0, 0x0b, 0x0b);
    },
    when(condition, then, otherwise) {
      push([condition]);
      code.push(0x04, EMPTY);
      then();
      if (otherwise !== undefined) {
        code.push(0x05);
        otherwise();
      }
      code.push(0x0b);
    },
    giveBack(value) {
      push([value]);
      code.push(0x0f);
    },
  };
  return { writer, locals, code };
}

function encode(imports: readonly ImportedFunction[], functions: readonly Written[]): Uint8Array {
  const refs: readonly FunctionRef[] = [...imports, ...functions];
  const types = refs.map(({ parameters, result }) => [
    ...[0x60, ...unsigned(parameters.length), ...parameters.map((type) => TYPES[type])],
    ...(result === undefined ? [0] : [1, TYPES[result]]),
  ]);
  const importSection = [
    [...name('env'), ...name('memory'), 0x02, 0, 1],
    ...imports.map((_, index) => [...name('env'), ...name(String(index)), 0, ...unsigned(index)]),
  ];
  const functionSection = functions.map((_, index) => unsigned(imports.length + index));
  const exportSection = functions.map((written, index) => [
    ...[...name(written.name), 0, ...unsigned(imports.length + index)],
  ]);
  const bodies = functions.map((written) => bodyOf(written, (ref) => unsigned(refs.indexOf(ref))));
  const codeSection = concatenate([
    unsigned(bodies.length),
    ...bodies.flatMap((body) => [unsigned(body.length), body]),
  ]);
  return concatenate([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, types),
    section(2, importSection),
    section(3, functionSection),
    section(7, exportSection),
    [10, ...unsigned(codeSection.length)],
    codeSection,
  ]);
}

/** A function that gives something ends with its return: what follows can't be reached. */
function bodyOf(
  { locals, code, result }: Written,
  placeOf: (ref: FunctionRef) => readonly number[],
): Uint8Array {
  return concatenate([
    unsigned(locals.length),
    locals.flatMap((type) => [1, TYPES[type]]),
    ...code.map((part) => (part instanceof Uint8Array ? part : placeOf(part))),
    result === undefined ? [0x0b] : [0x00, 0x0b],
  ]);
}

function packedCode(code: Code): Packed {
  const parts: (Uint8Array | FunctionRef)[] = [];
  let bytes: number[] = [];
  for (const part of code) {
    if (typeof part === 'number') bytes.push(part);
    else {
      parts.push(Uint8Array.from(bytes), part);
      bytes = [];
    }
  }
  return [...parts, Uint8Array.from(bytes)];
}

function concatenate(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function section(id: number, items: readonly (readonly number[])[]): readonly number[] {
  return [id, ...sized([...unsigned(items.length), ...items.flat()])];
}

function sized(code: readonly number[]): readonly number[] {
  return [...unsigned(code.length), ...code];
}

function name(text: string): readonly number[] {
  return sized([...new TextEncoder().encode(text)]);
}

/** Unsigned LEB128 of 32 bits. */
export function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128 of up to 64 bits. */
export function signed(value: bigint): readonly number[] {
  const rest = value >> 7n;
  const low = Number(value & 0x7fn);
  const done = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}
