import { modelCodec } from '../../../slicer/onnx/schema.ts';
import type { Sample } from '../../../protocol/samples.ts';
import { seededRandom, type Random } from '../../training/random.ts';
import { Nodes } from './nodes.ts';
import { onnxFile, type FileParts, type Port } from './onnx-file.ts';

/** A network's file, with inputs to choose scales on, and such as nothing is chosen on. */
export interface ExportedNetwork {
  readonly onnx: Uint8Array;
  readonly calibration: readonly Sample[];
  readonly heldOut: readonly Sample[];
}

/** Bits of a plan: random weights of a deep network give no answers that fewer could keep. */
export const EIGHT = { weights: 8, activations: 8 } as const;

/** TensorProto.DataType and AttributeProto.AttributeType. */
const [FLOAT, FLOATS] = [1, 6];

/** Reals that are part of a model: in tensors, and, as trees have them, in attributes. */
export function parametersOf(onnx: Uint8Array): number {
  const { initializer = [], node = [] } = modelCodec.decode(onnx).graph ?? {};
  const lengths = [
    ...initializer.flatMap(({ dataType, dims = [] }) =>
      dataType === FLOAT ? [sizeOf(dims.map(Number))] : [],
    ),
    ...node
      .flatMap(({ attribute = [] }) => attribute)
      .flatMap(({ type, floats = [] }) => (type === FLOATS ? [floats.length] : [])),
  ];
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Fewer than a build would be given: what a circuit costs hardly depends on it. */
export const SAMPLES = 32;

/** Large inputs: one is as good as many where bits are given. */
export const FEW = 2;

const HELD_OUT = 4;

export const pixel = (random: Random): number => random.uniform();
/** About normal, by the sum of three uniforms. */
export const normal = ({ uniform }: Random): number => 2 * (uniform() + uniform() + uniform() - 1.5);

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

interface Made {
  readonly shape: readonly number[];
  /** What it gives. */
  readonly outputs: readonly (string | Port)[];
  readonly draw: (random: Random) => number;
  /** Inputs to choose scales on; {@link SAMPLES} without. */
  readonly samples?: number;
  readonly type?: Port[2];
  /** Operator sets; 17 without. */
  readonly opset?: number;
  readonly domains?: FileParts['domains'];
}

/** Nodes and random constants of one graph whose input is `x`. */
export class Net extends Nodes {
  readonly random: Random = seededRandom(13);

  /** About normal numbers whose spread keeps activations as large as they came. */
  weights(shape: readonly number[], fanIn: number): string {
    const deviation = Math.sqrt(2 / fanIn);
    return this.constant(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => deviation * normal(this.random)),
    );
  }

  conv(x: string, from: number, to: number, kernel: number, stride = 1, pad = 0, group = 1): string {
    const read = from / group;
    const weights = this.weights([to, read, kernel, kernel], read * kernel * kernel);
    return this.op('Conv', [x, weights, this.weights([to], 100)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group,
    });
  }

  dense(x: string, from: number, to: number): string {
    return this.op('Gemm', [x, this.weights([to, from], from), this.weights([to], 100)], { transB: 1 });
  }

  relu = (x: string): string => this.op('Relu', [x]);
  pool = (x: string): string => this.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });

  /** @returns the file, and inputs for it */
  finish({ shape, outputs, draw, samples = SAMPLES, type, opset = 17, domains }: Made): ExportedNetwork {
    const onnx = onnxFile(this.file([['x', shape, type]], outputs, { opset, domains }));
    const drawn = (count: number): Sample[] =>
      Array.from({ length: count }, () => [
        Float32Array.from({ length: sizeOf(shape) }, () => draw(this.random)),
      ]);
    return { onnx, calibration: drawn(samples), heldOut: drawn(HELD_OUT) };
  }
}
