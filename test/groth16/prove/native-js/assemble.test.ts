import { describe, expect, it } from 'vitest';
import { loadBn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import {
  add,
  assemble,
  below,
  call,
  constant,
  get,
  load,
  set,
  store,
  when,
  whilst,
} from '../../../../groth16/prove/native-js/assemble.ts';

const curve = await loadBn254();
const word = curve.alloc(64);
const read = (): number => new Int32Array(curve.memory.buffer)[word >> 2];

describe('the assembler', () => {
  it.each([0, 1, 63, 64, 127, 128, 8_191, 8_192, 2 ** 31 - 1, -1, -32, -64, -65, -(2 ** 31)])(
    'writes the constant %i',
    (value) => {
      const { run } = assemble(
        curve.memory,
        [],
        [{ name: 'run', parameters: 1, locals: 0, body: store(get(0), constant(value)) }],
      );
      run(word);
      expect(read()).toBe(value);
    },
  );

  it('runs loops, branches and imports, with more locals than one byte counts to', () => {
    const seen: number[] = [];
    const imports = [
      { parameters: 1, result: false, run: (value: number) => seen.push(value) },
      { parameters: 2, result: true, run: (a: number, b: number) => a * b },
    ];
    const [OUT, COUNT, I] = [0, 1, 150];
    // for (i = 0; i < count; i++) if (i < 3) seen(i · 10) else *out += 1
    const { run } = assemble(curve.memory, imports, [
      { name: 'other', parameters: 0, locals: 0, body: [] },
      {
        name: 'run',
        parameters: 2,
        locals: 200,
        body: whilst(below(get(I), get(COUNT)), [
          ...when(
            below(get(I), constant(3)),
            call(0, call(1, get(I), constant(10))),
            store(get(OUT), add(load(get(OUT)), constant(1))),
          ),
          ...set(I, add(get(I), constant(1))),
        ]),
      },
    ]);
    new Int32Array(curve.memory.buffer)[word >> 2] = 0;
    run(word, 10);
    expect(seen).toEqual([0, 10, 20]);
    expect(read()).toBe(7);
  });
});
