import { describe, expect, it } from 'vitest';
import { loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { createModuleWriter } from '../../../groth16/kernel/assembler.ts';
import type { Functions, Value, Writer } from '../../../groth16/kernel/assembler.ts';
import { signed, unsigned } from '../../../groth16/kernel/assembler.ts';
import { integers } from '../../../groth16/kernel/integers.ts';

const curve = await loadBn254();
const word = curve.alloc(64);
const read = (): number => new Int32Array(curve.memory.buffer)[word >> 2];

function functionOf(
  parameters: number,
  write: (writer: Writer, ...values: Value<'i32'>[]) => void,
): Functions[string] {
  const module = createModuleWriter();
  const types = Array.from({ length: parameters }, () => 'i32' as const);
  module.define('run', types, undefined, (writer, ...values) => write(writer, ...(values as Value<'i32'>[])));
  return module.instantiate(module.compile(), curve.memory).run;
}

describe('the assembler', () => {
  it.each([0, 1, 63, 64, 127, 128, 8_191, 8_192, 2 ** 31 - 1, -1, -32, -64, -65, -(2 ** 31)])(
    'writes the constant %i',
    (value) => {
      functionOf(1, (writer, at) => integers(writer).store(at, value))(word);
      expect(read()).toBe(value);
    },
  );

  it('writes numbers of 64 bits as the specification has them', () => {
    expect(signed(-123_456n)).toEqual([0xc0, 0xbb, 0x78]);
    expect(signed(-(1n << 63n))).toEqual([...Array<number>(9).fill(0x80), 0x7f]);
    expect(unsigned(624_485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(unsigned(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  });

  it('runs loops, branches, calls and imports, whichever was named first', () => {
    const seen: number[] = [];
    const module = createModuleWriter();
    const times = module.import('times', 2, 'i32', (a, b) => a * b);
    const tenfold = module.define('tenfold', ['i32'], 'i32', (writer, value) =>
      writer.giveBack(writer.call('i32', times, value, 10)),
    );
    const see = module.import('see', 1, undefined, (value) => seen.push(value));
    const parameters = ['i32', 'i32'] as const;
    // for (i = 0; i < count; i++) if (i < 3) seen(i · 10) else *out += 1
    module.define('run', parameters, undefined, (writer, out, count) => {
      const { add, below, load, store } = integers(writer);
      const i = writer.variable(0, 'i32');
      writer.whilst(
        () => below(i, count as Value<'i32'>),
        () => {
          writer.when(
            below(i, 3),
            () => writer.run(see, writer.call('i32', tenfold, i)),
            () => store(out as Value<'i32'>, add(load(out as Value<'i32'>), 1)),
          );
          writer.assign(i, add(i, 1));
        },
      );
    });
    new Int32Array(curve.memory.buffer)[word >> 2] = 0;
    module.instantiate(module.compile(), curve.memory).run(word, 10);
    expect(seen).toEqual([0, 10, 20]);
    expect(read()).toBe(7);
  });
});
