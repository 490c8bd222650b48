import { describe, expect, it } from 'vitest';
import { lenetGraph } from '../../../scripts/training/lenet-onnx.ts';
import { lenetLayers, trainLenet, type Digits } from '../../../scripts/training/lenet.ts';
import { readMnist } from '../../../scripts/training/mnist.ts';
import { convolution, fullyConnected, maxPool2, relu, type Layer } from '../../../scripts/training/layers.ts';
import { seededRandom, shuffledIndices } from '../../../scripts/training/random.ts';
import { runOnnx } from '../../support/run-onnx.ts';

function randomValues(length: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length }, () => 2 * random.uniform() - 1);
}

/** The first MNIST training digits. */
async function firstDigits(count: number): Promise<Digits> {
  const { pixels, labels } = await readMnist('train');
  return { pixels: pixels.subarray(0, count * 784), labels: labels.subarray(0, count) };
}

const OPTIONS = { seed: 7, batchSize: 10, learningRate: 0.003, weightDecay: 0.05 };

describe('layers', () => {
  const layers: readonly (readonly [string, number, Layer])[] = [
    [
      'convolution',
      2 * 6 * 5,
      convolution('c', { channels: 2, height: 6, width: 5, filters: 3, kernel: 3 }, seededRandom(1)),
    ],
    ['fully connected', 7, fullyConnected('f', 7, 5, seededRandom(2))],
    ['relu', 20, relu(20)],
    ['max pooling', 2 * 4 * 6, maxPool2(2, 4, 6)],
  ];

  it.each(layers)('%s: gradients are those of its finite differences', (_, length, layer) => {
    const input = randomValues(length, 11);
    const direction = randomValues(layer.forward(input).length, 12);
    // The scalar whose gradient is checked: the output along a fixed direction.
    const value = (): number =>
      layer.forward(input).reduce((sum, output, i) => sum + output * direction[i], 0);

    layer.forward(input);
    const inputGradient = Float64Array.from(layer.backward(direction));
    const checks = [
      { values: input, gradient: inputGradient },
      ...layer.parameters.map(({ values, gradient }) => ({ values, gradient: Float64Array.from(gradient) })),
    ];
    for (const { values, gradient } of checks) {
      values.forEach((original, i) => {
        const slope = [1e-5, -1e-5].map((change) => {
          values[i] = original + change;
          return value();
        });
        values[i] = original;
        expect((slope[0] - slope[1]) / 2e-5).toBeCloseTo(gradient[i], 6);
      });
    }
  });
});

describe('random numbers', () => {
  it('are the same for the same seed, and spread', () => {
    const draw = (seed: number): readonly number[] => {
      const { uniform } = seededRandom(seed);
      return Array.from({ length: 1000 }, uniform);
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    const mean = draw(5).reduce((sum, value) => sum + value, 0) / 1000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });

  it('shuffle into a permutation', () => {
    const order = shuffledIndices(100, seededRandom(3));
    expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...order]).not.toEqual([...order].toSorted((a, b) => a - b));
  });
});

describe('LeNet-5', () => {
  it('has 44,426 parameters', () => {
    const parameters = lenetLayers(seededRandom(1)).flatMap((layer) => layer.parameters);
    expect(parameters.reduce((sum, { values }) => sum + values.length, 0)).toBe(44_426);
  });

  it('learns to read digits', async () => {
    const accuracies: number[] = [];
    const onEpoch = (_epoch: number, _loss: number, accuracy: number) => accuracies.push(accuracy);
    trainLenet(await firstDigits(500), { ...OPTIONS, epochs: 7, onEpoch });
    expect(accuracies[0]).toBeLessThan(0.6);
    expect(accuracies.at(-1)).toBeGreaterThan(0.8);
  });

  it('ends with the same parameters for the same seed', async () => {
    const digits = await firstDigits(60);
    const train = (seed: number) =>
      trainLenet(digits, { ...OPTIONS, seed, epochs: 1, onEpoch: () => undefined }).map(
        ({ values }) => values,
      );
    expect(train(7)).toEqual(train(7));
    expect(train(8)).not.toEqual(train(7));
  });

  it('computes in ONNX Runtime what the training code computes', async () => {
    const layers = lenetLayers(seededRandom(21));
    const image = randomValues(784, 22).map(Math.abs);
    const expected = layers.reduce<Float64Array>((values, layer) => layer.forward(values), image);
    const graph = lenetGraph(layers.flatMap((layer) => layer.parameters));
    const [{ data }] = await runOnnx(graph, [Float32Array.from(image)]);
    (data as Float32Array).forEach((logit, i) => expect(logit).toBeCloseTo(expected[i], 5));
  });
});
