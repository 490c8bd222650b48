import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../slicer/onnx/index.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import { conformanceCases, conformanceFolder, hasConformance } from '../../support/conformance.ts';
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

    it('light_squeezenet is read: its weights are worked out, its shapes known, its operators lowered', () => {
      const graph = readOnnx(readFileSync(path.join(conformanceFolder, 'light_squeezenet.onnx')));
      expect(graph.nodes.some(({ operator }) => operator === 'ConstantOfShape')).toBe(false);
      expect(graph.outputs.map(({ shape }) => shape)).toEqual([[1, 1000, 1, 1]]);
      const kinds = lowerGraph(graph).nodes.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'conv').length).toBeGreaterThanOrEqual(26);
      expect(kinds).not.toContain('foreign');
    });
  },
);
