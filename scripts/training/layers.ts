import type { Random } from './random.ts';

/** Trained values with the gradient that the samples of a batch add up in. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly gradient: Float64Array;
  /** Whether weight decay pulls on it: weights yes, biases no. */
  readonly decays: boolean;
}

/**
 * A layer that works on one sample at a time and keeps what its backward pass needs. `backward` takes the
 * loss's gradient by the layer's output, adds to the parameters' gradients and gives the gradient by its
 * input. Buffers are reused from sample to sample.
 */
export interface Layer {
  readonly parameters: readonly Parameter[];
  readonly forward: (input: Float64Array) => Float64Array;
  readonly backward: (outputGradient: Float64Array) => Float64Array;
}

/** Weights and bias drawn uniformly from ±1/√(values that one output sums over), PyTorch's default. */
function parametersOf(name: string, shape: readonly number[], random: Random): readonly Parameter[] {
  const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
  const make = (suffix: string, sizes: readonly number[], decays: boolean): Parameter => {
    const length = sizes.reduce((product, size) => product * size, 1);
    const values = Float64Array.from({ length }, () => (2 * random.uniform() - 1) / Math.sqrt(fanIn));
    return { name: `${name}.${suffix}`, shape: sizes, values, gradient: new Float64Array(length), decays };
  };
  return [make('weight', shape, true), make('bias', [shape[0]], false)];
}

/** Σ a[aStart + i] · b[bStart + i] over `length` values. */
function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let even = 0;
  let odd = 0;
  let i = 0;
  for (; i + 1 < length; i += 2) {
    even += a[aStart + i] * b[bStart + i];
    odd += a[aStart + i + 1] * b[bStart + i + 1];
  }
  if (i < length) even += a[aStart + i] * b[bStart + i];
  return even + odd;
}

/** target[targetStart + i] += factor · source[sourceStart + i] over `length` values. */
function addScaled(
  target: Float64Array,
  targetStart: number,
  factor: number,
  source: Float64Array,
  sourceStart: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) target[targetStart + i] += factor * source[sourceStart + i];
}

export interface ConvolutionShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernel: number;
}

/**
 * Convolution without padding, stride 1. Every window is first copied into a row, so that all three sums of
 * the passes run over neighbouring memory; gradients of zero, most of them after ReLU and pooling, are skipped.
 */
export function convolution(name: string, shape: ConvolutionShape, random: Random): Layer {
  const { channels, height, width, filters, kernel } = shape;
  const [weight, bias] = parametersOf(name, [filters, channels, kernel, kernel], random);
  const outHeight = height - kernel + 1;
  const outWidth = width - kernel + 1;
  const positions = outHeight * outWidth;
  const windowLength = channels * kernel * kernel;
  const windows = new Float64Array(positions * windowLength);
  const windowGradients = new Float64Array(positions * windowLength);
  const output = new Float64Array(filters * positions);
  const inputGradient = new Float64Array(channels * height * width);

  /** Calls `visit(index in a window row, index in the input)` for every value of every window. */
  const overWindows = (visit: (inWindow: number, inInput: number) => void): void => {
    let at = 0;
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        for (let c = 0; c < channels; c++) {
          for (let ky = 0; ky < kernel; ky++) {
            const row = (c * height + y + ky) * width + x;
            for (let kx = 0; kx < kernel; kx++) visit(at++, row + kx);
          }
        }
      }
    }
  };
  const inputIndex = new Uint32Array(positions * windowLength);
  overWindows((inWindow, inInput) => {
    inputIndex[inWindow] = inInput;
  });

  return {
    parameters: [weight, bias],
    forward(input) {
      for (let i = 0; i < windows.length; i++) windows[i] = input[inputIndex[i]];
      for (let f = 0; f < filters; f++) {
        for (let p = 0; p < positions; p++) {
          output[f * positions + p] =
            bias.values[f] + dot(weight.values, f * windowLength, windows, p * windowLength, windowLength);
        }
      }
      return output;
    },
    backward(outputGradient) {
      windowGradients.fill(0);
      for (let f = 0; f < filters; f++) {
        for (let p = 0; p < positions; p++) {
          const g = outputGradient[f * positions + p];
          if (g === 0) continue;
          bias.gradient[f] += g;
          addScaled(weight.gradient, f * windowLength, g, windows, p * windowLength, windowLength);
          addScaled(windowGradients, p * windowLength, g, weight.values, f * windowLength, windowLength);
        }
      }
      inputGradient.fill(0);
      for (let i = 0; i < windows.length; i++) inputGradient[inputIndex[i]] += windowGradients[i];
      return inputGradient;
    },
  };
}

/** Every output sums over every input: y = W·x + b, W of shape [outputs, inputs]. */
export function fullyConnected(name: string, inputs: number, outputs: number, random: Random): Layer {
  const [weight, bias] = parametersOf(name, [outputs, inputs], random);
  const output = new Float64Array(outputs);
  const inputGradient = new Float64Array(inputs);
  let seen = new Float64Array(inputs);
  return {
    parameters: [weight, bias],
    forward(input) {
      seen = Float64Array.from(input);
      for (let o = 0; o < outputs; o++)
        output[o] = bias.values[o] + dot(weight.values, o * inputs, seen, 0, inputs);
      return output;
    },
    backward(outputGradient) {
      inputGradient.fill(0);
      for (let o = 0; o < outputs; o++) {
        const g = outputGradient[o];
        if (g === 0) continue;
        bias.gradient[o] += g;
        addScaled(weight.gradient, o * inputs, g, seen, 0, inputs);
        addScaled(inputGradient, 0, g, weight.values, o * inputs, inputs);
      }
      return inputGradient;
    },
  };
}

/** max(x, 0) for every value. */
export function relu(length: number): Layer {
  const output = new Float64Array(length);
  const inputGradient = new Float64Array(length);
  return {
    parameters: [],
    forward(input) {
      for (let i = 0; i < length; i++) output[i] = Math.max(input[i], 0);
      return output;
    },
    backward(outputGradient) {
      for (let i = 0; i < length; i++) inputGradient[i] = output[i] > 0 ? outputGradient[i] : 0;
      return inputGradient;
    },
  };
}

/** The largest of each 2×2 window, windows side by side; height and width are even. */
export function maxPool2(channels: number, height: number, width: number): Layer {
  const output = new Float64Array((channels * height * width) / 4);
  const winners = new Uint32Array(output.length);
  const inputGradient = new Float64Array(channels * height * width);
  return {
    parameters: [],
    forward(input) {
      let at = 0;
      for (let row = 0; row < channels * height; row += 2) {
        for (let x = 0; x < width; x += 2) {
          const corner = row * width + x;
          let best = corner;
          for (const candidate of [corner + 1, corner + width, corner + width + 1]) {
            if (input[candidate] > input[best]) best = candidate;
          }
          winners[at] = best;
          output[at++] = input[best];
        }
      }
      return output;
    },
    backward(outputGradient) {
      inputGradient.fill(0);
      for (let i = 0; i < winners.length; i++) inputGradient[winners[i]] = outputGradient[i];
      return inputGradient;
    },
  };
}
