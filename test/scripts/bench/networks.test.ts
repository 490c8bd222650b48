import { expect, it } from 'vitest';
import { parametersOf } from '../../../scripts/bench/networks/net.ts';
import { ALL_NETWORKS } from '../../../scripts/bench/networks/planned.ts';
import { openFloatRuntime } from '../../../slicer/build/float-runtime.ts';
import { openModel } from '../../../slicer/build/open-model.ts';
import { elementCount } from '../../../slicer/onnx/index.ts';

/** Parameters as papers, or other people's benches, have them, biases and folded norms included. */
const PARAMETERS: Readonly<Record<string, number>> = {
  'LeNet-5, 28×28 grey, by Keras': 61_706,
  'LSTM of 31,000 parameters, 16 steps': 31_000,
  'perceptron of 14 layers, 96 inputs': 3_400_000,
  'ResNet-20, 32×32 colour': 270_000,
  'VGG-11, 32×32 colour': 9_200_000,
  'SqueezeNet 1.1, 224×224 colour': 1_240_000,
  'MobileNetV2, 224×224 colour': 3_500_000,
  'ResNet-18, 224×224 colour': 11_690_000,
};

it.each(Object.entries(ALL_NETWORKS))('%s is a model that runs', async (name, make) => {
  const { onnx, calibration, heldOut } = make();
  const known = name in PARAMETERS ? PARAMETERS[name] : parametersOf(onnx);
  expect(parametersOf(onnx) / known).toBeCloseTo(1, 1);
  const graph = await openModel(onnx);
  const float = await openFloatRuntime(onnx, graph);
  try {
    const outputs = await float.run(heldOut[0]);
    expect(outputs.map(({ length }) => length)).toEqual(
      graph.outputs.map(({ shape }) => elementCount(shape)),
    );
    expect(outputs.every((values) => values.every(Number.isFinite))).toBe(true);
    // Another input gives another answer: nothing on the way is dead or saturated.
    const others = await float.run(calibration[0]);
    expect(others.some((values, o) => values.some((value, i) => value !== outputs[o][i]))).toBe(true);
  } finally {
    await float.close();
  }
});
