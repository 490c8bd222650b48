import { unsigned } from './assembler.ts';
import type { I32, Value, Writer } from './assembler.ts';

/** Arithmetic on addresses, counts and references. */
export interface Integers {
  readonly add: (a: I32, b: I32) => Value<'i32'>;
  readonly sub: (a: I32, b: I32) => Value<'i32'>;
  readonly mul: (a: I32, b: I32) => Value<'i32'>;
  readonly and: (a: I32, b: I32) => Value<'i32'>;
  readonly or: (a: I32, b: I32) => Value<'i32'>;
  readonly xor: (a: I32, b: I32) => Value<'i32'>;
  readonly shiftLeft: (a: I32, by: I32) => Value<'i32'>;
  readonly shiftRight: (a: I32, by: I32) => Value<'i32'>;
  readonly isZero: (a: I32) => Value<'i32'>;
  readonly equal: (a: I32, b: I32) => Value<'i32'>;
  /** a < b, unsigned. */
  readonly below: (a: I32, b: I32) => Value<'i32'>;
  readonly load: (address: I32, offset?: number) => Value<'i32'>;
  readonly store: (address: I32, value: I32, offset?: number) => void;
}

export function integers(writer: Writer): Integers {
  const binary =
    (code: number) =>
    (a: I32, b: I32): Value<'i32'> =>
      writer.op('i32', [code], a, b);
  return {
    add: binary(0x6a),
    sub: binary(0x6b),
    mul: binary(0x6c),
    and: binary(0x71),
    or: binary(0x72),
    xor: binary(0x73),
    shiftLeft: binary(0x74),
    shiftRight: binary(0x76),
    isZero: (a) => writer.op('i32', [0x45], a),
    equal: binary(0x46),
    below: binary(0x49),
    load: (address, offset = 0) => writer.op('i32', [0x28, 2, ...unsigned(offset)], address),
    store: (address, value, offset = 0) => writer.act([0x36, 2, ...unsigned(offset)], address, value),
  };
}
