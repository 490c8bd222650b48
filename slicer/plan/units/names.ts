import type { IntegerProgram } from '../../integer/program.ts';
import { planKind } from './kinds.ts';

/** First and last named layer, e.g. `/fc1/Gemm … /fc3/Gemm`. */
export function nameOf({ nodes }: IntegerProgram): string {
  const layers = nodes.filter((node) => planKind(node).names);
  const [first, last] = [layers[0] ?? nodes[0], layers.at(-1) ?? nodes[0]];
  return first === last ? first.name : `${first.name} … ${last.name}`;
}

export function operatorsOf({ nodes }: IntegerProgram): readonly string[] {
  return nodes.flatMap((node) => planKind(node).operators(node));
}
