import type { NodeProto, TensorProto } from '../../slicer/onnx/schema.ts';
import { call, onnxFile, reals, tensor } from '../../scripts/bench/networks/onnx-file.ts';
import type { SuiteCase } from './onnx-suite.ts';
import { scatteredNumbers } from './programs.ts';

/** Versions of ONNX's operators that files are written in: attributes became inputs, and some changed what they mean. */
const OPSETS = [9, 10, 11, 12, 13, 15, 17] as const;

interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * An ONNX file of random operators with random attributes, in a random version of ONNX, and values for its inputs: what readers
 * of images, of rows and of sequences are made of, one after the other with skips, splits and joins, ended by one or two outputs.
 */
export function randomOnnx(seed: number): SuiteCase {
  return new RandomFile(scatteredNumbers(seed)).make(seed);
}

class RandomFile {
  readonly #draw: (low: number, high: number) => number;
  readonly #opset: number;
  readonly #nodes: NodeProto[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #values: Value[] = [];
  #count = 0;

  constructor(draw: (low: number, high: number) => number) {
    this.#draw = draw;
    this.#opset = OPSETS[draw(0, OPSETS.length - 1)];
  }

  make(seed: number): SuiteCase {
    const draw = this.#draw;
    const shape = this.#shape();
    const type = (['float32', 'float32', 'float32', 'uint8', 'int32'] as const)[draw(0, 4)];
    const input = { name: 'x', shape };
    this.#values.push(type === 'float32' ? input : this.#put('Cast', [input], shape, { to: 1 }));
    for (let node = draw(2, 7); node > 0; node--) this.#values.push(this.#step(this.#any()));
    const read = new Set(this.#nodes.flatMap((node) => node.input ?? []));
    const open = this.#values.filter(({ name }) => !read.has(name)).slice(-2);
    const ends = open.map((value) => this.#ended(value));
    const model = onnxFile({
      opset: this.#opset,
      inputs: [['x', shape, type]],
      outputs: ends.map(({ name, shape: of }) => [name, of] as const),
      nodes: this.#nodes,
      constants: this.#constants,
    });
    const data = Array.from({ length: size(shape) }, () =>
      type === 'float32' ? this.#real() : draw(type === 'uint8' ? 0 : -20, 40),
    );
    const operator = this.#nodes.map(({ opType }) => opType).join(' ');
    return {
      name: `seed ${seed}, opset ${this.#opset}`,
      operator,
      model,
      inputs: [tensor('x', shape, data, type)],
    };
  }

  #step(x: Value): Value {
    const draw = this.#draw;
    const { shape } = x;
    const rank = shape.length;
    switch (draw(0, 17)) {
      case 0:
        return this.#put(['Relu', 'Sigmoid', 'Tanh', 'Abs', 'Neg', 'Identity'][draw(0, 5)], [x], shape);
      case 1:
        return this.#put('LeakyRelu', [x], shape, { alpha: reals(0.1 * draw(1, 5)) });
      case 2:
        return this.#clip(x);
      case 3:
        return this.#put(
          ['Add', 'Sub', 'Mul'][draw(0, 2)],
          this.#either(x, this.#numbers(this.#narrower(shape))),
          shape,
        );
      case 4: {
        // Away from zero, so that the quotient's error is its dividend's.
        const divisors = Array.from({ length: shape.at(-1) as number }, () => 0.5 + draw(0, 30) / 10);
        return this.#put('Div', [x, this.#constant([divisors.length], divisors)], shape);
      }
      case 5: {
        const other = this.#values.find((value) => value !== x && value.shape.join() === shape.join()) ?? x;
        return this.#put(['Add', 'Sub', 'Mul', 'Max'][draw(0, 3)], [x, other], shape);
      }
      case 6: {
        const order = [...shape.keys()];
        for (let i = rank - 1; i > 0; i--) {
          const j = draw(0, i);
          [order[i], order[j]] = [order[j], order[i]];
        }
        const turned = order.map((axis) => shape[axis]);
        return this.#put('Transpose', [x], turned, { perm: order });
      }
      case 7:
        return this.#reshaped(x);
      case 8: {
        const axis = draw(0, rank - 1);
        const other = this.#values.find((value) => value.shape.join() === shape.join()) ?? x;
        const joined = shape.with(axis, 2 * shape[axis]);
        return this.#put('Concat', [x, other], joined, {
          axis: draw(0, 1) === 0 || this.#opset < 11 ? axis : axis - rank,
        });
      }
      case 9:
        return this.#slice(x);
      case 10:
        return this.#pad(x);
      case 11:
        return this.#reduced(x);
      case 12:
        return this.#put('Softmax', [x], shape, { axis: draw(Math.max(0, rank - 2), rank - 1) });
      case 13:
        return this.#split(x);
      default:
        return rank === 4 ? this.#windows(x) : this.#product(x);
    }
  }

  #clip(x: Value): Value {
    const [low, high] = [-0.2 * this.#draw(0, 5), 0.3 * this.#draw(1, 5)];
    if (this.#opset < 11) return this.#put('Clip', [x], x.shape, { min: reals(low), max: reals(high) });
    return this.#put('Clip', [x, this.#constant([], [low]), this.#constant([], [high])], x.shape);
  }

  #reshaped(x: Value): Value {
    const draw = this.#draw;
    if (draw(0, 2) === 0) {
      const axis = draw(0, x.shape.length);
      const flat = [size(x.shape.slice(0, axis)), size(x.shape.slice(axis))];
      return this.#put('Flatten', [x], flat, { axis });
    }
    if (draw(0, 1) === 0 && x.shape.length < 4) {
      const axis = draw(0, x.shape.length);
      const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
      return this.#opset < 13
        ? this.#put('Unsqueeze', [x], shape, { axes: [axis] })
        : this.#put('Unsqueeze', [x, this.#integers([axis])], shape);
    }
    const whole = size(x.shape);
    const divisors = Array.from({ length: 6 }, (_, i) => i + 1).filter((side) => whole % side === 0);
    const side = divisors[draw(0, divisors.length - 1)];
    const shape = [1, side, whole / side];
    return this.#put('Reshape', [x, this.#integers(draw(0, 1) === 0 ? shape : [1, side, -1])], shape);
  }

  #slice(x: Value): Value {
    const draw = this.#draw;
    const axis = draw(0, x.shape.length - 1);
    const start = draw(0, x.shape[axis] - 1);
    const end = draw(start + 1, x.shape[axis]);
    const shape = x.shape.with(axis, end - start);
    if (this.#opset < 10)
      return this.#put('Slice', [x], shape, { axes: [axis], starts: [start], ends: [end] });
    const step = draw(1, 2);
    const far = end === x.shape[axis] && draw(0, 1) === 0 ? 2 ** 31 : end;
    const inputs = [[start], [far], [axis], [step]].map((values) => this.#integers(values));
    return this.#put('Slice', [x, ...inputs], shape.with(axis, Math.ceil((end - start) / step)));
  }

  #pad(x: Value): Value {
    const draw = this.#draw;
    const mode = ['constant', 'edge', 'constant'][draw(0, 2)];
    const last = x.shape.length - 1;
    const pads = [...x.shape, ...x.shape].map((_, i) => (i % (last + 1) >= last - 1 ? draw(0, 1) : 0));
    const shape = x.shape.map((side, i) => side + pads[i] + pads[i + last + 1]);
    if (this.#opset < 11) return this.#put('Pad', [x], shape, { mode, pads, value: reals(0.5) });
    return this.#put('Pad', [x, this.#integers(pads), this.#constant([], [0.5])], shape, { mode });
  }

  #reduced(x: Value): Value {
    const axis = this.#draw(0, x.shape.length - 1);
    const kept = this.#draw(0, 1);
    const shape = kept === 1 || x.shape.length === 1 ? x.shape.with(axis, 1) : x.shape.toSpliced(axis, 1);
    const keepdims = kept === 1 || x.shape.length === 1 ? 1 : 0;
    const operator = ['ReduceMean', 'ReduceMax', 'ReduceSum'][this.#draw(0, 2)];
    return operator === 'ReduceSum' && this.#opset >= 13
      ? this.#put(operator, [x, this.#integers([axis])], shape, { keepdims })
      : this.#put(operator, [x], shape, { axes: [axis], keepdims });
  }

  /** Two parts, each changed by itself, and joined again. */
  #split(x: Value): Value {
    const axis = this.#draw(0, x.shape.length - 1);
    const whole = x.shape[axis];
    if (whole < 2) return this.#put('Identity', [x], x.shape);
    const first = this.#draw(1, whole - 1);
    const sizes = [first, whole - first];
    const parts = sizes.map((side) => ({ name: `v${this.#count++}`, shape: x.shape.with(axis, side) }));
    const outputs = parts.map(({ name }) => name);
    this.#nodes.push(
      this.#opset < 13
        ? call('Split', [x.name], outputs, { axis, split: sizes })
        : call('Split', [x.name, this.#integers(sizes).name], outputs, { axis }),
    );
    const [left, right] = parts;
    const scaled = this.#put('Mul', [left, this.#constant([1], [0.25 * this.#draw(1, 8)])], left.shape);
    this.#values.push(right);
    return this.#put('Concat', [right, scaled], x.shape, { axis });
  }

  #product(x: Value): Value {
    const draw = this.#draw;
    const inner = x.shape.at(-1) as number;
    const width = draw(1, 6);
    if (x.shape.length === 2 && draw(0, 1) === 0) {
      const transB = draw(0, 1);
      const weights = this.#numbers(transB === 1 ? [width, inner] : [inner, width]);
      const shape = [x.shape[0], width];
      const alpha: Parameters<typeof call>[3] = draw(0, 1) === 0 ? {} : { alpha: reals(0.5), beta: reals(2) };
      return this.#put('Gemm', [x, weights, this.#numbers([width])], shape, { transB, ...alpha });
    }
    const shape = x.shape.with(-1, width);
    return this.#put('MatMul', [x, this.#numbers([inner, width])], shape);
  }

  #windows(x: Value): Value {
    const draw = this.#draw;
    const [batch, channels, height, width] = x.shape;
    const kernel = [draw(1, Math.min(3, height)), draw(1, Math.min(3, width))];
    const strides = [draw(1, 2), draw(1, 2)];
    const pads = [0, 1, 2, 3].map((i) => draw(0, kernel[i % 2] - 1));
    const sides = [height, width].map(
      (side, i) => Math.floor((side + pads[i] + pads[i + 2] - kernel[i]) / strides[i]) + 1,
    );
    const windows = { kernel_shape: kernel, strides, pads };
    switch (draw(0, 4)) {
      case 0:
        return this.#put('MaxPool', [x], [batch, channels, ...sides], windows);
      case 1:
        return this.#put('AveragePool', [x], [batch, channels, ...sides], {
          ...windows,
          count_include_pad: draw(0, 1),
        });
      case 2: {
        const each = (low: number): Value =>
          this.#constant(
            [channels],
            Array.from({ length: channels }, () => low + draw(0, 10) / 10),
          );
        return this.#put('BatchNormalization', [x, each(0.5), each(-0.5), each(-0.5), each(0.5)], x.shape);
      }
      default: {
        const group = draw(0, 2) === 0 ? channels : 1;
        const filters = group * draw(1, 3);
        const weights = this.#numbers([filters, channels / group, ...kernel]);
        const inputs = draw(0, 1) === 0 ? [x, weights] : [x, weights, this.#numbers([filters])];
        return this.#put('Conv', inputs, [batch, filters, ...sides], { ...windows, group });
      }
    }
  }

  #ended(x: Value): Value {
    return this.#put('Identity', [x], x.shape);
  }

  #put(
    operator: string,
    inputs: readonly Value[],
    shape: readonly number[],
    attributes: Parameters<typeof call>[3] = {},
  ): Value {
    const name = `v${this.#count++}`;
    const names = inputs.map((input) => input.name);
    this.#nodes.push(call(operator, names, [name], attributes));
    return { name, shape };
  }

  #any(): Value {
    const back = Math.min(this.#values.length, this.#draw(1, 3));
    return this.#values[this.#values.length - back];
  }

  #either(left: Value, right: Value): readonly Value[] {
    return this.#draw(0, 3) === 0 ? [right, left] : [left, right];
  }

  /** A shape that broadcasts to another one. */
  #narrower(shape: readonly number[]): readonly number[] {
    const own = shape.map((side) => (this.#draw(0, 1) === 0 ? 1 : side));
    return this.#draw(0, 1) === 0 ? own : own.slice(this.#draw(0, shape.length - 1));
  }

  #numbers(shape: readonly number[]): Value {
    return this.#constant(
      shape,
      Array.from({ length: size(shape) }, () => this.#real()),
    );
  }

  #constant(shape: readonly number[], values: readonly number[]): Value {
    const name = `c${this.#constants.length}`;
    this.#constants.push(tensor(name, shape, values));
    return { name, shape };
  }

  #integers(values: readonly number[]): Value {
    const name = `c${this.#constants.length}`;
    this.#constants.push(tensor(name, [values.length], values, 'int64'));
    return { name, shape: [values.length] };
  }

  #real(): number {
    return this.#draw(-100, 100) / 64;
  }

  #shape(): readonly number[] {
    const draw = this.#draw;
    return [
      [1, draw(1, 3), draw(3, 6), draw(3, 6)],
      [draw(1, 3), draw(2, 8)],
      [1, draw(2, 5), draw(2, 6)],
    ][draw(0, 2)];
  }
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
