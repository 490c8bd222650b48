import { describe, expect, it } from 'vitest';
import { expectSliceOnnx, OWN_OPERATORS } from '../../../slicer/execute/slice-check.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { WRITTEN_IR_VERSION } from '../../../slicer/onnx/limits.ts';
import { ATTRIBUTE_TYPE, modelCodec, type ModelProto, type NodeProto } from '../../../slicer/onnx/schema.ts';
import { SlicerError } from '../../../slicer/errors.ts';
import { crashingModel } from '../../support/crashing-model.ts';
import { extremeProgram, refusalOf } from '../../support/extreme-programs.ts';
import { nonlinearCase } from '../../support/nonlinear-programs.ts';
import { randomCase } from '../../support/programs.ts';

const PROGRAMS = 150;

/** What the writer makes of programs of all kinds of nodes. */
function written(): readonly Uint8Array[] {
  const programs = Array.from({ length: PROGRAMS }, (_, seed) => [
    randomCase(seed).program,
    nonlinearCase(seed).program,
    extremeProgram(seed),
  ]).flat();
  return programs.flatMap((program) => {
    if (refusalOf(program) !== undefined) return [];
    try {
      return [sliceOnnx(program, 'written')];
    } catch (error) {
      if (error instanceof SlicerError && error.code === 'EXECUTE_TOO_WIDE') return [];
      throw error;
    }
  });
}

const plain = sliceOnnx(
  {
    tensors: [
      { name: 'x', shape: [1, 4], scale: 0, range: { signed: true, bits: 8 } },
      { name: 'y', shape: [1, 4], scale: 0 },
      { name: 'z', shape: [1, 4], scale: 0, range: { signed: true, bits: 8 } },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [
      { kind: 'scale', name: 'y', input: 0, output: 1, factors: Int32Array.of(3, 3, 3, 3) },
      { kind: 'rescale', name: 'z', input: 1, output: 2, shift: 1, relu: false },
    ],
  },
  'plain',
);

/** The plain slice with a change to what its file says. */
function changed(change: (model: ModelProto) => ModelProto): Uint8Array {
  return modelCodec.encode(change(modelCodec.decode(plain)));
}

function withNodes(change: (nodes: readonly NodeProto[]) => readonly NodeProto[]): Uint8Array {
  return changed((model) => ({ ...model, graph: { ...model.graph, node: change(model.graph?.node ?? []) } }));
}

const withFirst = (change: Partial<NodeProto>): Uint8Array =>
  withNodes(([first, ...others]) => [{ ...first, ...change }, ...others]);

describe('what a slice’s ONNX model may have', () => {
  it('is what the writer writes, no less and no more', () => {
    const seen = new Map<string, Set<string>>();
    for (const onnx of written()) {
      expectSliceOnnx(onnx, { foreign: false });
      for (const { opType = '', attribute = [] } of modelCodec.decode(onnx).graph?.node ?? []) {
        const names = seen.get(opType) ?? new Set();
        for (const { name = '' } of attribute) names.add(name);
        seen.set(opType, names);
      }
    }
    const known = Object.entries(OWN_OPERATORS).map(([name, attributes]) => [
      name,
      Object.keys(attributes).toSorted(),
    ]);
    expect([...seen].map(([name, names]) => [name, [...names].toSorted()]).toSorted()).toEqual(known);
  });

  it.each([
    [
      'an operator of others',
      withFirst({ opType: 'Sin', input: [modelInput()] }),
      'EXECUTE_FOREIGN',
      'Sin node',
    ],
    ['a domain of others', withFirst({ domain: 'com.microsoft' }), 'EXECUTE_FOREIGN', 'Mul node'],
    ['an output left out', crashingModel(), 'EXECUTE_FOREIGN', 'Split node'],
    [
      'two outputs',
      withNodes(([first, ...others]) => [{ ...first, output: [...(first.output ?? []), 'more'] }, ...others]),
      'EXECUTE_FOREIGN',
      'writes 2 tensors',
    ],
    [
      'an attribute that slices have not',
      withFirst({ attribute: [{ name: 'axis', type: ATTRIBUTE_TYPE.int, i: 0 }] }),
      'EXECUTE_FOREIGN',
      'attribute axis',
    ],
    [
      'a cast to another type',
      withFirst({
        opType: 'Cast',
        input: [modelInput()],
        attribute: [{ name: 'to', type: ATTRIBUTE_TYPE.int, i: 8 }],
      }),
      'EXECUTE_FOREIGN',
      'type 8',
    ],
    [
      'an attribute with two values',
      withFirst({
        opType: 'Cast',
        input: [modelInput()],
        attribute: [{ name: 'to', type: ATTRIBUTE_TYPE.int, i: 1, ints: [8] }],
      }),
      'EXECUTE_FOREIGN',
      'attribute to',
    ],
    [
      'another operator set',
      changed((model) => ({ ...model, opsetImport: [{ domain: '', version: 17 }] })),
      'EXECUTE_NOT_A_SLICE',
      '17',
    ],
    ['another format', changed((model) => ({ ...model, irVersion: 10 })), 'EXECUTE_NOT_A_SLICE', '10'],
    [
      'a field that is not read',
      Buffer.concat([plain, Buffer.from([0xca, 0x01, 0x00])]),
      'EXECUTE_NOT_A_SLICE',
      'fields',
    ],
    [
      'a graph that is there twice',
      Buffer.concat([plain, modelCodec.encode({ graph: { name: 'again' } })]),
      'EXECUTE_NOT_A_SLICE',
      'fields',
    ],
    ['bytes that are no model', Uint8Array.of(1, 2, 3), 'EXECUTE_NOT_A_SLICE', ''],
    [
      'a quarter of a million nodes',
      modelCodec.encode({
        graph: { node: Array.from({ length: 2 ** 18 }, () => ({ name: 'padding to be decoded' })) },
      }),
      'EXECUTE_NOT_A_SLICE',
      'at most',
    ],
    [
      'shapes that do not follow',
      changed((model) => ({
        ...model,
        graph: {
          ...model.graph,
          input: model.graph?.input?.map((value) => ({
            ...value,
            type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 7 }] } } },
          })),
        },
      })),
      'ONNX_SHAPE_MISMATCH',
      '',
    ],
    [
      'values in another file',
      changed((model) => ({
        ...model,
        graph: {
          ...model.graph,
          initializer: model.graph?.initializer?.map((tensor) => ({ ...tensor, dataLocation: 1 })),
        },
      })),
      'ONNX_EXTERNAL_DATA',
      '',
    ],
  ])('is not %s', (_, onnx, code, words) => {
    const refusal = (): void => expectSliceOnnx(onnx, { foreign: false });
    expect(refusal).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) as string }),
    );
  });

  it('may be more where no circuit proves it, with nothing left out', () => {
    const sine = withFirst({ opType: 'Sin', input: [modelInput()] });
    expectSliceOnnx(sine, { foreign: true });
    for (const onnx of [crashingModel(), withFirst({ domain: 'elsewhere' })]) {
      expect(() => expectSliceOnnx(onnx, { foreign: true })).toThrow(
        expect.objectContaining({ code: 'EXECUTE_FOREIGN' }),
      );
    }
  });
});

function modelInput(): string {
  return modelCodec.decode(plain).graph?.input?.[0].name ?? '';
}

describe('what the ONNX model of a slice without a circuit may have', () => {
  const inner = (node: NodeProto): NodeProto => ({
    opType: 'If',
    input: ['c'],
    output: ['y'],
    attribute: [{ name: 'then_branch', type: 5, g: { node: [node], output: [{ name: 'y' }] } }],
  });
  const alone = (change: Partial<ModelProto>, node: NodeProto): Uint8Array =>
    modelCodec.encode({
      irVersion: WRITTEN_IR_VERSION,
      graph: { name: 'g', node: [node], output: [{ name: 'y' }] },
      opsetImport: [{ domain: '', version: 11 }],
      ...change,
    });
  const negation: NodeProto = { opType: 'Neg', input: ['x'], output: ['y'] };

  it('is any operator with any attributes and graphs, of the version that its file has', () => {
    expectSliceOnnx(alone({}, inner(negation)), { foreign: true });
    const named: NodeProto = {
      ...negation,
      attribute: [{ name: 'activations', type: 8, strings: [new Uint8Array(3)] }],
    };
    expectSliceOnnx(alone({}, named), { foreign: true });
    expect(() => expectSliceOnnx(alone({}, named), { foreign: false })).toThrow();
  });

  const outside = { name: 't', dims: [1], dataType: 1, dataLocation: 1 };
  it.each([
    ['values in another file', { ...negation, attribute: [{ name: 'v', type: 4, t: outside }] }],
    [
      'such values in a graph within',
      inner({ ...negation, attribute: [{ name: 'v', type: 4, t: outside }] }),
    ],
    ['an operator of another domain within', inner({ ...negation, domain: 'evil' })],
    ['an attribute of a function', { ...negation, attribute: [{ name: 'v', type: 1, refAttrName: 'a' }] }],
    ['a sparse tensor', { ...negation, attribute: [{ name: 'v', type: 11, sparseTensor: {} }] }],
  ] as readonly (readonly [string, NodeProto])[])('is not %s', (_, node) => {
    expect(() => expectSliceOnnx(alone({}, node), { foreign: true })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^EXECUTE_/) as string }),
    );
  });

  it('is not functions, nor fields that ONNX has not, nor what counts once twice', () => {
    const own = { functions: [{ name: 'f', domain: 'd' }] };
    expect(() => expectSliceOnnx(alone(own, negation), { foreign: true })).toThrow(/functions/);
    const good = alone({}, negation);
    for (const strange of [
      [0xfa, 0x07, 1, 0],
      [0x08, WRITTEN_IR_VERSION],
    ]) {
      const bytes = Buffer.concat([good, Uint8Array.from(strange)]);
      expect(() => expectSliceOnnx(bytes, { foreign: true })).toThrow(
        expect.objectContaining({ code: 'EXECUTE_NOT_A_SLICE' }),
      );
    }
  });
});
