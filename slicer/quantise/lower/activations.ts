import type { OnnxNode } from '../../onnx/index.ts';

export type RealFunction = (x: number) => number;

/** The functions of one value that ONNX has operators for, from their attributes. */
const functions: Readonly<Record<string, (node: OnnxNode) => RealFunction>> = {
  Abs: () => Math.abs,
  Acos: () => Math.acos,
  Acosh: () => Math.acosh,
  Asin: () => Math.asin,
  Asinh: () => Math.asinh,
  Atan: () => Math.atan,
  Atanh: () => Math.atanh,
  Ceil: () => Math.ceil,
  Celu(node) {
    const alpha = float(node, 'alpha', 1);
    return (x) => (x > 0 ? x : alpha * Math.expm1(x / alpha));
  },
  Cos: () => Math.cos,
  Cosh: () => Math.cosh,
  Elu(node) {
    const alpha = float(node, 'alpha', 1);
    return (x) => (x > 0 ? x : alpha * Math.expm1(x));
  },
  Erf: () => erf,
  Exp: () => Math.exp,
  Floor: () => Math.floor,
  Gelu: (node) =>
    node.attributes.approximate === 'tanh'
      ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
      : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  HardSigmoid(node) {
    const [alpha, beta] = [float(node, 'alpha', 0.2), float(node, 'beta', 0.5)];
    return (x) => Math.min(1, Math.max(0, alpha * x + beta));
  },
  HardSwish: () => (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
  LeakyRelu(node) {
    const alpha = float(node, 'alpha', 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  },
  Log: () => Math.log,
  Mish: () => (x) => x * Math.tanh(softplus(x)),
  Neg: () => (x) => -x,
  Reciprocal: () => (x) => 1 / x,
  Relu: () => (x) => Math.max(0, x),
  Round: () => toEven,
  Selu(node) {
    const alpha = float(node, 'alpha', 1.67326319217681884765625);
    const gamma = float(node, 'gamma', 1.05070102214813232421875);
    return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
  },
  Shrink(node) {
    const [bias, edge] = [float(node, 'bias', 0), float(node, 'lambd', 0.5)];
    return (x) => (Math.abs(x) > edge ? x - Math.sign(x) * bias : 0);
  },
  Sigmoid: () => sigmoid,
  Sin: () => Math.sin,
  Sinh: () => Math.sinh,
  Softplus: () => softplus,
  Softsign: () => (x) => x / (1 + Math.abs(x)),
  Sqrt: () => Math.sqrt,
  Swish(node) {
    const alpha = float(node, 'alpha', 1);
    return (x) => x * sigmoid(alpha * x);
  },
  Tan: () => Math.tan,
  Tanh: () => Math.tanh,
  ThresholdedRelu(node) {
    const alpha = float(node, 'alpha', 1);
    return (x) => (x > alpha ? x : 0);
  },
};

/** Those that are few pieces of lines, or a root, and cost less than a table. */
const NOT_BY_TABLE: ReadonlySet<string> = new Set(['Abs', 'HardSigmoid', 'LeakyRelu', 'Neg', 'Relu', 'Sqrt']);

/** The function that a node computes of its one input, or undefined. */
export function functionOf(node: OnnxNode): RealFunction | undefined {
  return Object.hasOwn(functions, node.operator) ? functions[node.operator](node) : undefined;
}

/** Operators that become tables. */
export const tableOperators: readonly string[] = Object.keys(functions).filter(
  (name) => !NOT_BY_TABLE.has(name),
);

/** A number that a node names, or what the operator takes when it names none. */
export function float(node: OnnxNode, name: string, otherwise: number): number {
  return (node.attributes[name] as number | undefined) ?? otherwise;
}

/** To the nearest integer, of two to the even one. */
function toEven(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2 === 0 ? 0 : 1) : Math.round(x);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * The error function by its Maclaurin series up to 3, from there by the continued fraction of erfc: both to about
 * 1e-12 (Abramowitz and Stegun, 7.1.5 and 7.1.14).
 */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = size;
  for (let n = 60; n >= 1; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * fraction));
}
