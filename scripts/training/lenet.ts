import { convolution, fullyConnected, maxPool2, relu, type Layer, type Parameter } from './layers.ts';
import { type Random, seededRandom, shuffledIndices } from './random.ts';

/** Labelled digits: `pixels` holds 28·28 bytes (0 paper, 255 ink) for each of the `labels`. */
export interface Digits {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export interface TrainingOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Peak step size; it falls along half a cosine to zero at the end. */
  readonly learningRate: number;
  /** Decoupled weight decay: every step shrinks the weights by learning rate × this. */
  readonly weightDecay: number;
  /** Called after each epoch with the mean loss and the share of right answers over that epoch's samples. */
  readonly onEpoch: (epoch: number, loss: number, accuracy: number) => void;
}

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;

/** LeNet-5 for 28×28 inputs: 44,426 parameters. */
export function lenetLayers(random: Random): readonly Layer[] {
  return [
    convolution('conv1', { channels: 1, height: 28, width: 28, filters: 6, kernel: 5 }, random),
    relu(6 * 24 * 24),
    maxPool2(6, 24, 24),
    convolution('conv2', { channels: 6, height: 12, width: 12, filters: 16, kernel: 5 }, random),
    relu(16 * 8 * 8),
    maxPool2(16, 8, 8),
    fullyConnected('fc1', 256, 120, random),
    relu(120),
    fullyConnected('fc2', 120, 84, random),
    relu(84),
    fullyConnected('fc3', 84, CLASSES, random),
  ];
}

/** One digit as 784 values in [0, 1], moved by (dx, dy) pixels over empty paper. */
function shiftedDigit(pixels: Uint8Array, index: number, dx: number, dy: number): Float64Array {
  const image = new Float64Array(PIXELS);
  for (let y = Math.max(0, dy); y < Math.min(SIDE, SIDE + dy); y++) {
    for (let x = Math.max(0, dx); x < Math.min(SIDE, SIDE + dx); x++) {
      image[y * SIDE + x] = pixels[index * PIXELS + (y - dy) * SIDE + (x - dx)] / 255;
    }
  }
  return image;
}

function softmax(logits: Float64Array): Float64Array {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101); empties the gradients. */
function adam(parameters: readonly Parameter[], weightDecay: number) {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const first = parameters.map((p) => new Float64Array(p.values.length));
  const second = parameters.map((p) => new Float64Array(p.values.length));
  let steps = 0;
  return (learningRate: number, batchSize: number): void => {
    steps++;
    const correction1 = 1 - beta1 ** steps;
    const correction2 = 1 - beta2 ** steps;
    parameters.forEach((parameter, index) => {
      const { values, gradient } = parameter;
      const [m, v] = [first[index], second[index]];
      const kept = parameter.decays ? 1 - learningRate * weightDecay : 1;
      for (let i = 0; i < values.length; i++) {
        const g = gradient[i] / batchSize;
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        values[i] =
          values[i] * kept - (learningRate * m[i]) / correction1 / (Math.sqrt(v[i] / correction2) + epsilon);
      }
      gradient.fill(0);
    });
  };
}

/**
 * Trains LeNet-5 on digits moved at random by up to one pixel. The same options and digits give the same
 * parameters to the last bit: one seed drives initial values, order and shifts.
 */
export function trainLenet(digits: Digits, options: TrainingOptions): readonly Parameter[] {
  const random = seededRandom(options.seed);
  const layers = lenetLayers(random);
  const parameters = layers.flatMap((layer) => layer.parameters);
  const step = adam(parameters, options.weightDecay);
  const count = digits.labels.length;
  const stepsPerEpoch = Math.floor(count / options.batchSize);

  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = shuffledIndices(count, random);
    let loss = 0;
    let right = 0;
    for (let batch = 0; batch < stepsPerEpoch; batch++) {
      for (const index of order.subarray(batch * options.batchSize, (batch + 1) * options.batchSize)) {
        const image = shiftedDigit(digits.pixels, index, random.below(3) - 1, random.below(3) - 1);
        const logits = layers.reduce((values, layer) => layer.forward(values), image);
        const gradient = softmax(logits);
        const label = digits.labels[index];
        loss -= Math.log(gradient[label]);
        if (logits.indexOf(Math.max(...logits)) === label) right++;
        gradient[label] -= 1;
        layers.reduceRight((values, layer) => layer.backward(values), gradient);
      }
      const progress = (epoch * stepsPerEpoch + batch) / (options.epochs * stepsPerEpoch);
      step((options.learningRate / 2) * (1 + Math.cos(Math.PI * progress)), options.batchSize);
    }
    const seen = stepsPerEpoch * options.batchSize;
    options.onEpoch(epoch, loss / seen, right / seen);
  }
  return parameters;
}
