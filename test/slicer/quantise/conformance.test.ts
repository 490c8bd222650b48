import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../slicer/onnx/index.ts';
import { provableOperators } from '../../../slicer/quantise/lower/index.ts';
import { conformanceCases, hasConformance } from '../../support/conformance.ts';
import { expectLowered, expectQuantised } from '../../support/operator-case.ts';

/** With 10 bits for weights and activations: two hundredths of the largest output. */
const ACCURACY = { bits: 10, tolerance: 0.02 };

describe.skipIf(!hasConformance)(
  'the ONNX project’s models (skipped where ../shared/onnx-conformance is absent)',
  () => {
    const cases = conformanceCases().map((given) => ({ ...given, graph: readOnnx(given.model) }));
    const provable = cases.filter(({ graph }) =>
      graph.nodes.every(({ operator }) => provableOperators.has(operator)),
    );

    it.each(provable)(
      '$name: near the expected output, and the same integers in runtime and witness',
      async ({ graph, inputs, outputs }) => {
        const sample = inputs.map(({ data }) => Float64Array.from(data, Number));
        const expected = outputs.map(({ data }) => Float64Array.from(data, Number));
        expectLowered(graph, sample, expected);
        await expectQuantised(graph, [sample], [expected], ACCURACY);
      },
    );

    it('are all provable', () => {
      const others = cases.filter((given) => !provable.includes(given)).map(({ name }) => name);
      expect(others).toEqual([]);
    });
  },
);
