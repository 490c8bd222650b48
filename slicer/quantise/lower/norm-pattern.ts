import { elementCount, reducedAxesOf, type OnnxGraph, type OnnxNode } from '../../onnx/index.ts';

/** Layer normalisation found in the operators that exporters write it with. */
export interface NormPattern {
  /** What is normalised over its last axis. */
  readonly input: string;
  readonly epsilon: number;
  /** Constants that follow, by their names. */
  readonly scale?: string;
  readonly bias?: string;
}

/**
 * By the last node of each: (x − mean) / √(mean (x − mean)² + ε), and where nothing else reads it the factor and the
 * addend that follow.
 */
export function normPatterns(graph: OnnxGraph): ReadonlyMap<OnnxNode, NormPattern> {
  const finder = new NormFinder(graph);
  const found = new Map<OnnxNode, NormPattern>();
  for (const node of graph.nodes) {
    const pattern = node.operator === 'Div' ? finder.normOf(node) : undefined;
    if (pattern) found.set(...finder.extended(node, pattern));
  }
  return found;
}

class NormFinder {
  readonly #graph: OnnxGraph;
  readonly #writers: ReadonlyMap<string, OnnxNode>;
  readonly #readers = new Map<string, OnnxNode[]>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#writers = new Map(graph.nodes.map((node) => [node.outputs[0], node]));
    for (const node of graph.nodes) {
      for (const name of node.inputs) this.#readers.set(name, [...(this.#readers.get(name) ?? []), node]);
    }
  }

  normOf({ inputs: [numerator, denominator] }: OnnxNode): NormPattern | undefined {
    const centred = this.#writer(numerator, 'Sub');
    const mean = centred && this.#writer(centred.inputs[1], 'ReduceMean');
    if (!mean || mean.inputs[0] !== centred.inputs[0] || !this.#overLast(mean)) return undefined;
    const root = this.#writer(denominator, 'Sqrt') ?? this.#power(denominator, 0.5);
    const sum = root && this.#writer(root.inputs[0], 'Add');
    const [at] = sum ? [0, 1].filter((i) => this.#number(sum.inputs[i]) !== undefined) : [];
    if (!sum || at === undefined) return undefined;
    const variance = this.#writer(sum.inputs[1 - at], 'ReduceMean');
    if (!variance || !this.#overLast(variance)) return undefined;
    const square = this.#power(variance.inputs[0], 2) ?? this.#square(variance.inputs[0]);
    const squared = square && this.#writer(square.inputs[0], 'Sub');
    if (!squared || String(squared.inputs) !== String(centred.inputs)) return undefined;
    return { input: centred.inputs[0], epsilon: this.#number(sum.inputs[at]) ?? 0 };
  }

  /** With what follows: the last node that belongs to it. */
  extended(node: OnnxNode, pattern: NormPattern): [OnnxNode, NormPattern] {
    const factor = this.#follower(node, 'Mul');
    if (!factor) return [node, pattern];
    const scaled = { ...pattern, scale: factor.constant };
    const addend = this.#follower(factor.node, 'Add');
    return addend ? [addend.node, { ...scaled, bias: addend.constant }] : [factor.node, scaled];
  }

  /** The one reader of a node's output, if it joins it with a constant of the last axis. */
  #follower(
    { outputs: [output] }: OnnxNode,
    operator: string,
  ): { readonly node: OnnxNode; readonly constant: string } | undefined {
    const [node, ...others] = this.#readers.get(output) ?? [];
    const isOutput = this.#graph.outputs.some(({ name }) => name === output);
    if (node?.operator !== operator || others.length > 0 || isOutput) return undefined;
    const constant = node.inputs.find((name) => this.#graph.constants.has(name));
    const width = this.#graph.tensors.get(output)?.shape.at(-1);
    const shape = this.#graph.constants.get(constant ?? '')?.shape;
    const fits =
      shape && (elementCount(shape) === 1 || (elementCount(shape) === width && shape.at(-1) === width));
    return constant !== undefined && fits ? { node, constant } : undefined;
  }

  #writer(name: string, operator: string): OnnxNode | undefined {
    const node = this.#writers.get(name);
    return node?.operator === operator ? node : undefined;
  }

  #power(name: string, exponent: number): OnnxNode | undefined {
    const node = this.#writer(name, 'Pow');
    return node && this.#number(node.inputs[1]) === exponent ? node : undefined;
  }

  #square(name: string): OnnxNode | undefined {
    const node = this.#writer(name, 'Mul');
    return node && node.inputs[0] === node.inputs[1] ? node : undefined;
  }

  #overLast(node: OnnxNode): boolean {
    const rank = this.#graph.tensors.get(node.inputs[0])?.shape.length ?? 0;
    return String(reducedAxesOf(this.#graph, node)) === String([rank - 1]) && node.attributes.keepdims !== 0;
  }

  #number(name: string): number | undefined {
    const constant = this.#graph.constants.get(name);
    return constant && elementCount(constant.shape) === 1 ? Number(constant.data[0]) : undefined;
  }
}
