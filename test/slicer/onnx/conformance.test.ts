import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../slicer/onnx/index.ts';
import { conformanceCases, hasConformance } from '../../support/conformance.ts';
import { runOnnx } from '../../support/run-onnx.ts';

describe.skipIf(!hasConformance)(
  'ONNX conformance models (skipped without ../shared/onnx-conformance)',
  () => {
    const cases = conformanceCases();

    it.each(cases)(
      '$name is read, written again and gives the outputs it must',
      async ({ model, inputs, outputs }) => {
        const graph = readOnnx(model);
        expect(graph.inputs.map(({ shape }) => shape)).toEqual(inputs.map(({ shape }) => shape));
        expect(graph.outputs.map(({ shape }) => shape)).toEqual(outputs.map(({ shape }) => shape));

        const given = await runOnnx(
          graph,
          inputs.map(({ data }) => data),
        );
        given.forEach(({ data }, i) => {
          const wanted = outputs[i].data as Float32Array;
          (data as Float32Array).forEach((value, j) => expect(value).toBeCloseTo(wanted[j], 5));
        });
      },
    );
  },
);
