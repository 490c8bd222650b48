import { expect } from 'vitest';
import type { Sample } from '../../protocol/samples.ts';
import { quantiseSample } from '../../slicer/build/quantise-sample.ts';
import { countConstraints } from '../../slicer/circuit/count/count.ts';
import { sizeOf } from '../../slicer/integer/program.ts';
import { onnxFile, type FileParts } from '../../scripts/bench/networks/onnx-file.ts';
import { expectOneMeaning } from './operator-case.ts';
import { plannedCase } from './planned-case.ts';
import { seededNumbers } from './programs.ts';

/** A model that is to be proved whole, and what its inputs are drawn from. */
export interface ProvedCase {
  readonly file: FileParts;
  /** Bounds of the values; [−1, 1] without. Of inputs of a type of integers only such are drawn. */
  readonly values?: readonly [low: number, high: number];
  /** Bounds of those that calibration sees, where they are narrower. */
  readonly seen?: readonly [low: number, high: number];
  /** Only integers, whatever the type. */
  readonly whole?: boolean;
  /** Bits of weights and activations; 10 without. */
  readonly bits?: number;
  /** Mean error in parts of what the output ranges over; 0 is to the last integer. */
  readonly tolerance: number;
}

const CALIBRATION = 24;
const HELD_OUT = 12;

function samplesOf({ file, values = [-1, 1], whole }: ProvedCase, count: number, seed: number): Sample[] {
  const draw = seededNumbers(seed);
  const [low, high] = values;
  return Array.from({ length: count }, () =>
    file.inputs.map(([, shape = [], type = 'float32']) => {
      const integers = whole === true || !type.includes('float');
      const length = sizeOf(shape as readonly number[]);
      return Float32Array.from({ length }, () =>
        integers ? draw(low, high) : low + (draw(0, 2 ** 20) / 2 ** 20) * (high - low),
      );
    }),
  );
}

/**
 * Builds a model, finds nothing in it that is only executed, compares it with ONNX Runtime on samples that calibration did
 * not see, and the evaluator with slices in ONNX Runtime and with the witness.
 * @returns the constraints of one circuit of it all
 */
export async function provedRows(given: ProvedCase): Promise<number> {
  const { file, tolerance, bits = 10 } = given;
  const heldOut = samplesOf(given, HELD_OUT, 2);
  const { planned, accuracy, foreign } = await plannedCase(onnxFile(file), {
    calibration: samplesOf({ ...given, values: given.seen ?? given.values }, CALIBRATION, 1),
    heldOut,
    bits: { weights: bits, activations: bits },
  });
  expect(foreign).toEqual([]);
  if (tolerance === 0) expect(accuracy.maxError).toBe(0);
  else expect(accuracy.relativeError).toBeLessThanOrEqual(tolerance);
  const { program } = planned;
  for (const sample of heldOut.slice(0, 2)) {
    await expectOneMeaning(program, quantiseSample(program, sample));
  }
  return countConstraints(program);
}
