import {
  buildGraph,
  type AttributeValue,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from '../../slicer/onnx/index.ts';
import { seededNumbers } from './programs.ts';

/** How large a {@link transformerGraph} is. */
export interface TransformerSizes {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly classes: number;
  /** Blocks, one after the other. Default 1. */
  readonly blocks?: number;
}

/**
 * Blocks as exporters write them, with random weights: an embedding of patches, positions, in each block layer normalisation,
 * attention over several heads, a residual sum, a GELU by Erf between two layers and another sum, at the end the mean of all
 * tokens and a classifier.
 */
export function transformerGraph(sizes: TransformerSizes, seed: number): OnnxGraph {
  return new Writer(seed).transformer(sizes);
}

/**
 * As {@link transformerGraph} a model of language: vectors of tokens in, a causal mask added to the scores, and scores of all
 * classes for each token out.
 */
export function causalGraph(sizes: TransformerSizes, seed: number): OnnxGraph {
  return new Writer(seed).language(sizes);
}

class Writer {
  readonly #draw: (low: number, high: number) => number;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxTensor>();
  /** Before the names of a block but the first. */
  #prefix = '';

  constructor(seed: number) {
    this.#draw = seededNumbers(seed);
  }

  transformer(sizes: TransformerSizes): OnnxGraph {
    const { width, classes } = sizes;
    const mean = this.#op('ReduceMean', 'mean', [this.#blocks(sizes)], { axes: [1], keepdims: 0 });
    this.#op('Identity', 'y', [this.#linear('classes', mean, width, classes)]);
    return this.#finish(sizes);
  }

  language(sizes: TransformerSizes): OnnxGraph {
    const { tokens, width, classes } = sizes;
    const data = Float32Array.from({ length: tokens ** 2 }, (_, i) =>
      i % tokens > Math.floor(i / tokens) ? -1e4 : 0,
    );
    this.#constants.set('mask', { type: 'float32', shape: [1, 1, tokens, tokens], data });
    const last = this.#norm('last norm', this.#blocks(sizes, 'mask'), width);
    this.#op('Identity', 'y', [this.#linear('classes', last, width, classes)]);
    return this.#finish(sizes);
  }

  #finish({ tokens, width }: TransformerSizes): OnnxGraph {
    return buildGraph({
      name: 'transformer',
      opset: 17,
      inputs: [{ name: 'x', type: 'float32', shape: [1, tokens, width] }],
      outputs: [{ name: 'y' }],
      nodes: this.#nodes,
      constants: this.#constants,
    });
  }

  #blocks(sizes: TransformerSizes, mask?: string): string {
    const { tokens, width, blocks = 1 } = sizes;
    const positions = this.#random('positions', [1, tokens, width], 0.5);
    let x = this.#op('Add', 'placed', [this.#linear('embed', 'x', width, width), positions]);
    for (let block = 0; block < blocks; block++) {
      this.#prefix = block === 0 ? '' : `${block}/`;
      x = this.#block(x, sizes, mask);
    }
    this.#prefix = '';
    return x;
  }

  #block(x: string, { tokens, width, heads, hidden }: TransformerSizes, mask?: string): string {
    const attended = this.#attention(this.#norm('norm1', x, width), { tokens, width, heads }, mask);
    const middle = this.#op('Add', 'middle', [x, attended]);
    const inner = this.#gelu(this.#linear('up', this.#norm('norm2', middle, width), width, hidden));
    return this.#op('Add', 'last', [middle, this.#linear('down', inner, hidden, width)]);
  }

  #attention(
    x: string,
    { tokens, width, heads }: Pick<TransformerSizes, 'tokens' | 'width' | 'heads'>,
    mask?: string,
  ): string {
    const each = width / heads;
    const shape = this.#integers('heads', [1, tokens, heads, each]);
    const part = (name: string, order: readonly number[]): string => {
      const split = this.#op('Reshape', `${name}/split`, [this.#linear(name, x, width, width), shape]);
      return this.#op('Transpose', `${name}/heads`, [split], { perm: order });
    };
    const [query, key, value] = [part('q', [0, 2, 1, 3]), part('k', [0, 2, 3, 1]), part('v', [0, 2, 1, 3])];
    const scores = this.#op('MatMul', 'scores', [query, key]);
    const scaled = this.#op('Div', 'scaled', [scores, this.#number('root', Math.sqrt(each))]);
    const masked = mask === undefined ? scaled : this.#op('Add', 'masked', [scaled, mask]);
    const shares = this.#op('Softmax', 'shares', [masked], { axis: -1 });
    const mixed = this.#op('MatMul', 'mixed', [shares, value]);
    const turned = this.#op('Transpose', 'turned', [mixed], { perm: [0, 2, 1, 3] });
    const joined = this.#op('Reshape', 'joined', [turned, this.#integers('tokens', [1, tokens, width])]);
    return this.#linear('out', joined, width, width);
  }

  #gelu(x: string): string {
    const erf = this.#op('Erf', 'erf', [this.#op('Div', 'erf/x', [x, this.#number('root2', Math.SQRT2)])]);
    const sum = this.#op('Add', 'erf/sum', [erf, this.#number('one', 1)]);
    return this.#op('Mul', 'gelu', [this.#op('Mul', 'gelu/x', [x, sum]), this.#number('half', 0.5)]);
  }

  #norm(name: string, x: string, width: number): string {
    const scale = this.#random(`${name}/scale`, [width], 0.3, 1);
    return this.#op('LayerNormalization', name, [x, scale, this.#random(`${name}/bias`, [width], 0.2)], {
      axis: -1,
      epsilon: 1e-5,
    });
  }

  #linear(name: string, x: string, from: number, to: number): string {
    const weights = this.#random(`${name}/w`, [from, to], 1.5 / Math.sqrt(from));
    const product = this.#op('MatMul', `${name}/product`, [x, weights]);
    return this.#op('Add', name, [product, this.#random(`${name}/b`, [to], 0.1)]);
  }

  #op(
    operator: string,
    output: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    const name = this.#prefix + output;
    this.#nodes.push({ name, operator, inputs, outputs: [name], attributes });
    return name;
  }

  #random(given: string, shape: readonly number[], reach: number, around = 0): string {
    const name = this.#prefix + given;
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from(
      { length: count },
      () => around + (reach * this.#draw(-1000, 1000)) / 1000,
    );
    this.#constants.set(name, { type: 'float32', shape, data });
    return name;
  }

  #number(given: string, value: number): string {
    const name = this.#prefix + given;
    this.#constants.set(name, { type: 'float32', shape: [], data: Float32Array.of(value) });
    return name;
  }

  #integers(given: string, values: readonly number[]): string {
    const name = this.#prefix + given;
    const data = BigInt64Array.from(values, BigInt);
    this.#constants.set(name, { type: 'int64', shape: [values.length], data });
    return name;
  }
}
