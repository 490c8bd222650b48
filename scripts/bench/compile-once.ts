// Compiles one circuit in a process of its own and says what that took.
import { z } from 'zod';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { countConstraints } from '../../slicer/circuit/count/count.ts';
import { provedRows, STATEMENT_ROWS } from '../../groth16/formats/r1cs.ts';
import { writeR1cs } from '../../groth16/formats/r1cs-file.ts';
import { peakMemoryBytes, resetPeakMemory } from '../../groth16/prove/peak-memory.ts';
import { cpuSecondsOf } from './benchmark.ts';
import { answerFresh } from './fresh.ts';
import { convolution, inputsOf, matrixProduct } from './programs.ts';
import { sliceProgram } from './slice-circuit.ts';

const size = z.number().int().positive();

/** What is compiled, and how. */
const requestSchema = z.strictObject({
  program: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('slice'), power: size }),
    z.strictObject({
      kind: z.literal('convolution'),
      sizes: z.strictObject({ channels: size, filters: size, height: size, width: size }),
    }),
    z.strictObject({ kind: z.literal('matrices'), height: size, inner: size, width: size }),
  ]),
  products: z.enum(['by cost', 'never', 'wherever possible']),
  mode: z.enum(['bits', 'lookups']).optional(),
});

/** What a proving key would make it from; any does to fill the wires. */
const SOME_CHALLENGE = { challenge: () => 2n ** 200n + 77n, blinding: 2n ** 100n };

await answerFresh(requestSchema, async ({ program: wanted, products, mode = 'bits' }) => {
  const program =
    wanted.kind === 'slice'
      ? sliceProgram(wanted.power)
      : wanted.kind === 'convolution'
        ? convolution(wanted.sizes)
        : matrixProduct(wanted.height, wanted.inner, wanted.width);
  const before = peakMemoryBytes();
  resetPeakMemory();
  const countCpu = await cpuSecondsOf(() => countConstraints(program, { products, mode }));
  let slice: ReturnType<typeof compileSlice> | undefined;
  let bytes = 0;
  const compileCpu = await cpuSecondsOf(() => {
    slice = compileSlice(program, { products, mode });
    bytes = writeR1cs(slice.r1cs).length;
  });
  const peak = peakMemoryBytes();
  const againCpu = await cpuSecondsOf(() => writeR1cs(compileSlice(program, { products, mode }).r1cs));
  const { r1cs, computeWitness, inputs, outputs } = slice!;
  const request = {
    inputs: inputsOf(program),
    inputSalts: inputs.map(() => 1n),
    outputSalts: outputs.map(() => 2n),
    tag: 3n,
    ...(mode === 'lookups' ? { challenge: SOME_CHALLENGE } : {}),
  };
  const witnessCpu = await cpuSecondsOf(() => computeWitness(request));
  return {
    rows: r1cs.constraints,
    qapRows: provedRows(r1cs) + STATEMENT_ROWS,
    terms: { a: r1cs.a.wires.length, b: r1cs.b.wires.length, c: r1cs.c.wires.length },
    bytes,
    countCpu,
    compileCpu,
    againCpu,
    witnessCpu,
    peakBytes: Math.max(peak, before),
  };
});
