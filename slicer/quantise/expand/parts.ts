import type { AttributeValue, ElementType, OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/index.ts';
import { attributesOf } from '../../onnx/raw-attributes.ts';
import { tensorOf } from '../../onnx/tensor-data.ts';
import { rawNode } from '../../onnx/write.ts';

/** A call of an operator, and the smaller operators that are to stand in its place. */
export class Parts {
  readonly graph: OnnxGraph;
  /** The operator's name. */
  readonly operator: string;
  /** As the file has them, in order; '' for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxTensor>();
  readonly #prefix: string;

  constructor(graph: OnnxGraph, node: OnnxNode) {
    this.graph = graph;
    this.operator = node.operator;
    const raw = node.foreign ? rawNode(graph, node) : undefined;
    this.inputs = raw?.input ?? node.inputs;
    this.outputs = raw?.output ?? node.outputs;
    this.attributes = raw?.attribute ? attributesOf(raw.attribute) : node.attributes;
    this.#prefix = this.outputs.find((name) => name !== '') ?? '';
  }

  /** Writes a node. Returns the name of what it gives: `output`, or one of its own. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    output = `${this.#prefix}/${operator}${this.nodes.length}`,
  ): string {
    this.nodes.push({ name: `${operator}:${output}`, operator, inputs, outputs: [output], attributes });
    return output;
  }

  /** The same for an operator of several results. */
  addAll(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    count: number,
  ): readonly string[] {
    const first = `${this.#prefix}/${operator}${this.nodes.length}`;
    const outputs = Array.from({ length: count }, (_, i) => `${first}.${i}`);
    this.nodes.push({ name: `${operator}:${first}`, operator, inputs, outputs, attributes });
    return outputs;
  }

  constant(
    shape: readonly number[],
    values: readonly (number | bigint)[],
    type: ElementType = 'float32',
  ): string {
    const name = `${this.#prefix}/constant${this.constants.size}`;
    this.constants.set(name, tensorOf(type, shape, values));
    return name;
  }

  number(value: number): string {
    return this.constant([], [value]);
  }

  /** A list of integers: axes, a shape. */
  integers(values: readonly number[]): string {
    return this.constant([values.length], values, 'int64');
  }

  /** The version of ONNX's own operators that the file has. */
  get opset(): number {
    const own = this.graph.source?.imports.find(({ domain }) => !domain || domain === 'ai.onnx');
    return own === undefined ? this.graph.opset : Number(String(own.version ?? this.graph.opset));
  }

  /** Whether an input or output is there. */
  has(name: string | undefined): name is string {
    return name !== undefined && name !== '';
  }

  shapeOf(name: string): readonly number[] {
    return this.graph.tensors.get(name)?.shape ?? [];
  }

  typeOf(name: string): ElementType | undefined {
    return this.graph.tensors.get(name)?.type;
  }

  /** The values of an input that the model knows. */
  known(index: number): OnnxTensor | undefined {
    return this.graph.constants.get(this.inputs[index] ?? '');
  }

  /** A number or integer that is an attribute. */
  setting(name: string, otherwise: number): number {
    return (this.attributes[name] as number | undefined) ?? otherwise;
  }

  numbers(name: string): readonly number[] | undefined {
    return this.attributes[name] as readonly number[] | undefined;
  }

  text(name: string, otherwise: string): string {
    return (this.attributes[name] as string | undefined) ?? otherwise;
  }
}

/** Writes smaller operators for one. Returns whether it could. */
export type Expand = (parts: Parts) => boolean;
