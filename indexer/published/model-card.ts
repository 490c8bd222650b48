import type { Manifest } from '../../protocol/manifest.ts';

/** What a manifest says of a model to people; the rest of it is for machines. */
export interface ModelCard {
  readonly name: string;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly slices: readonly SliceCard[];
  readonly accuracy: Manifest['accuracy'];
  readonly labels: readonly string[];
}

export interface SliceCard {
  readonly name: string;
  readonly operators: readonly string[];
  readonly constraints: number;
  /** Of an external verifier: which proof system it is. */
  readonly system: string | undefined;
}

/** Operators and labels that are kept at most: a manifest may have a hundred thousand. */
const MOST_OPERATORS = 100;
const MOST_LABELS = 1000;

export function cardOf({ name, tensors, slices, accuracy, labels = [] }: Manifest): ModelCard {
  return {
    name,
    tensors: tensors.map((tensor) => ({ name: tensor.name, shape: tensor.shape })),
    slices: slices.map((slice) => ({
      name: slice.name,
      operators: slice.operators.slice(0, MOST_OPERATORS),
      constraints: slice.constraints,
      system: slice.external?.system,
    })),
    accuracy,
    labels: labels.slice(0, MOST_LABELS),
  };
}
