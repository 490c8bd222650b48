import { rangeOf } from '../integer/evaluate.ts';
import { intervalsOf, type TensorInterval } from '../integer/intervals.ts';
import { boundsOf, nodeInputs } from '../integer/program.ts';
import type {
  AddNode,
  ConcatNode,
  ConvNode,
  GemmNode,
  IntegerProgram,
  MaxPoolNode,
  ProgramNode,
  RescaleNode,
} from '../integer/program.ts';
import { buildGraph, writeOnnx } from '../onnx/index.ts';
import type { AttributeValue, ElementType, OnnxGraph, OnnxNode, OnnxTensor } from '../onnx/index.ts';
import { ExecuteError } from './errors.ts';
import { FLOAT32_EXACT, largest, reachOf, tapReach } from './precision.ts';

type Float = 'float32' | 'float64';

/** TensorProto.DataType of the two. */
const CAST_TO = { float32: 1, float64: 11 } as const;

/** {@link sliceGraph} as an ONNX file. */
export function sliceOnnx(program: IntegerProgram, name: string): Uint8Array {
  return writeOnnx(sliceGraph(program, name));
}

/**
 * A program as an ordinary ONNX graph whose tensors hold its integers: float32 where every partial sum stays
 * below 2^24, float64 elsewhere; ONNX Runtime then computes exactly what `evaluate` does. A convolution that
 * goes further is split into several over some of its taps each, added up in float64, since ONNX Runtime
 * convolves in float32 only.
 * @throws ExecuteError EXECUTE_TOO_WIDE: a single tap of a convolution passes 2^24
 */
export function sliceGraph(program: IntegerProgram, name: string): OnnxGraph {
  const writer = new GraphWriter(program);
  for (const node of program.nodes) writer.take(node);
  return writer.finish(name);
}

interface Value {
  readonly name: string;
  readonly type: Float;
}

class GraphWriter {
  readonly #program: IntegerProgram;
  readonly #intervals: readonly TensorInterval[];
  readonly #taken = new Set<string>();
  readonly #values = new Map<number, Value>();
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxTensor>();

  constructor(program: IntegerProgram) {
    this.#program = program;
    this.#intervals = intervalsOf(program);
    for (const id of program.inputs) {
      const type = largest(this.#intervals[id]) < FLOAT32_EXACT ? 'float32' : 'float64';
      this.#values.set(id, { name: this.#unique(program.tensors[id].name), type });
    }
  }

  finish(name: string): OnnxGraph {
    const { inputs, outputs, tensors } = this.#program;
    return buildGraph({
      name,
      inputs: inputs.map((id) => ({ ...this.#value(id), shape: tensors[id].shape })),
      outputs: outputs.map((id) => ({ name: this.#value(id).name })),
      nodes: this.#nodes,
      constants: this.#constants,
    });
  }

  take(node: ProgramNode): void {
    const inputs = nodeInputs(node).map((id) => this.#value(id));
    const exact = reachOf(this.#program, node, this.#intervals) < FLOAT32_EXACT;
    const type = exact && inputs.every((input) => input.type === 'float32') ? 'float32' : 'float64';
    switch (node.kind) {
      case 'conv':
        return type === 'float32' ? this.#conv(node, inputs[0]) : this.#splitConv(node, inputs[0]);
      case 'gemm':
        return this.#gemm(node, this.#cast(inputs[0], type));
      case 'add':
        return this.#add(
          node,
          inputs.map((input) => this.#cast(input, type)),
        );
      case 'max-pool':
        return this.#write(node, 'MaxPool', inputs, windowAttributes(node));
      case 'rescale':
        return this.#rescale(node, this.#cast(inputs[0], type));
      case 'reshape':
        return this.#reshape(node, inputs[0]);
      case 'concat':
        return this.#concat(
          node,
          inputs.map((input) => this.#cast(input, type)),
        );
    }
  }

  #conv(node: ConvNode, input: Value): void {
    const weights = this.#weights(node, node.weights, 'float32');
    const bias = this.#constant(`${node.name}/bias`, 'float32', [node.bias.length], node.bias);
    this.#write(node, 'Conv', [input, weights, bias], convAttributes(node));
  }

  #splitConv(node: ConvNode, input: Value): void {
    const narrow = this.#cast(input, 'float32');
    const taps = node.weights.length / node.bias.length;
    let total: Value = this.#constant(`${node.name}/bias`, 'float64', [1, node.bias.length, 1, 1], node.bias);
    for (const [first, end] of this.#tapRanges(node)) {
      const part = node.weights.map((weight, i) => (i % taps >= first && i % taps < end ? weight : 0));
      const label = `${node.name}/taps${first}`;
      const weights = this.#weights({ ...node, name: label }, part, 'float32');
      const sum = this.#emit(label, 'Conv', [narrow, weights], 'float32', convAttributes(node));
      total = this.#emit(`${label}/sum`, 'Add', [this.#cast(sum, 'float64'), total], 'float64');
    }
    this.#values.set(node.output, total);
  }

  /** Stretches of taps, the same for all filters, whose sums stay exact in float32. */
  #tapRanges(node: ConvNode): readonly (readonly [number, number])[] {
    if (largest(this.#intervals[node.input]) >= FLOAT32_EXACT) throw tooWide(node);
    const reach = tapReach(this.#program, node, this.#intervals);
    const ranges: (readonly [number, number])[] = [];
    const sums = new Float64Array(reach.length);
    let first = 0;
    const taps = reach[0].length;
    for (let tap = 0; tap < taps; tap++) {
      if (reach.some((filter) => filter[tap] >= FLOAT32_EXACT)) throw tooWide(node);
      if (reach.some((filter, o) => sums[o] + filter[tap] >= FLOAT32_EXACT)) {
        ranges.push([first, tap]);
        first = tap;
        sums.fill(0);
      }
      reach.forEach((filter, o) => (sums[o] += filter[tap]));
    }
    return [...ranges, [first, taps]];
  }

  #weights(node: ConvNode, values: Int32Array, type: Float): Value {
    const inputs = this.#program.tensors[node.input].shape[1] / node.groups;
    return this.#constant(`${node.name}/weights`, type, [node.bias.length, inputs, ...node.kernel], values);
  }

  #gemm(node: GemmNode, input: Value): void {
    const shape = [node.bias.length, node.weights.length / node.bias.length];
    const weights = this.#constant(`${node.name}/weights`, input.type, shape, node.weights);
    const bias = this.#constant(`${node.name}/bias`, input.type, [node.bias.length], node.bias);
    this.#write(node, 'Gemm', [input, weights, bias], { transB: 1 });
  }

  #add(node: AddNode, inputs: readonly Value[]): void {
    const [left, right] = inputs.map((input, i) => {
      if (node.shifts[i] === 0) return input;
      const label = `${node.name}/shifted${i}`;
      return this.#emit(
        label,
        'Mul',
        [input, this.#scalar(label, input.type, 2 ** node.shifts[i])],
        input.type,
      );
    });
    this.#write(node, 'Add', [left, right]);
  }

  #rescale(node: RescaleNode, input: Value): void {
    const { type } = input;
    const step = (operator: string, value: Value, operands: readonly number[]): Value => {
      const label = `${node.name}/${operator.toLowerCase()}`;
      const constants = operands.map((operand, i) => this.#scalar(`${label}${i}`, type, operand));
      return this.#emit(label, operator, [value, ...constants], type);
    };
    const { low, high } = boundsOf(rangeOf(this.#program.tensors[node.output]));
    const shifted =
      node.shift === 0
        ? input
        : step('Floor', step('Mul', step('Add', input, [2 ** (node.shift - 1)]), [2 ** -node.shift]), []);
    const clipped = step('Clip', shifted, [low, high]);
    const narrow = Math.max(-low, high) < FLOAT32_EXACT;
    this.#values.set(node.output, narrow ? this.#cast(clipped, 'float32') : clipped);
  }

  #reshape(node: Extract<ProgramNode, { kind: 'reshape' }>, input: Value): void {
    const { shape } = this.#program.tensors[node.output];
    const label = this.#unique(`${node.name}/shape`);
    this.#constants.set(label, {
      type: 'int64',
      shape: [shape.length],
      data: BigInt64Array.from(shape, BigInt),
    });
    const written = this.#emit(node.name, 'Reshape', [input, { name: label, type: input.type }], input.type);
    this.#values.set(node.output, written);
  }

  #concat(node: ConcatNode, inputs: readonly Value[]): void {
    this.#write(node, 'Concat', inputs, { axis: node.axis });
  }

  /** The last step of a node: writes its output tensor. */
  #write(
    node: ProgramNode,
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): void {
    this.#values.set(node.output, this.#emit(node.name, operator, inputs, inputs[0].type, attributes));
  }

  #emit(
    label: string,
    operator: string,
    inputs: readonly Value[],
    type: Float,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): Value {
    const name = this.#unique(label);
    this.#nodes.push({
      name: label,
      operator,
      inputs: inputs.map((input) => input.name),
      outputs: [name],
      attributes,
    });
    return { name, type };
  }

  #cast(value: Value, type: Float): Value {
    if (value.type === type) return value;
    return this.#emit(`${value.name}/${type}`, 'Cast', [value], type, { to: CAST_TO[type] });
  }

  #scalar(label: string, type: Float, value: number): Value {
    return this.#constant(`${label}/by`, type, [], [value]);
  }

  #constant(label: string, type: Float, shape: readonly number[], values: ArrayLike<number>): Value {
    const name = this.#unique(label);
    const data = type === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
    this.#constants.set(name, { type: type satisfies ElementType, shape, data });
    return { name, type };
  }

  /** Names in a graph are shared by tensors and constants; a layer's own name may come twice. */
  #unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; name === '' || this.#taken.has(name); i++) name = `${wanted}#${i}`;
    this.#taken.add(name);
    return name;
  }

  #value(id: number): Value {
    return this.#values.get(id) as Value;
  }
}

function windowAttributes({
  kernel,
  strides,
  pads,
  dilations,
}: ConvNode | MaxPoolNode): Record<string, AttributeValue> {
  return { kernel_shape: [...kernel], strides: [...strides], pads: [...pads], dilations: [...dilations] };
}

function convAttributes(node: ConvNode): Record<string, AttributeValue> {
  return { ...windowAttributes(node), group: node.groups };
}

function tooWide({ name }: ConvNode): ExecuteError {
  return new ExecuteError(
    'EXECUTE_TOO_WIDE',
    `${name}: one product of weight and input passes 2^24, which a float32 convolution can't hold exactly`,
    { hint: 'Use fewer bits for its weights or its input.' },
  );
}
