/** Bounds on what a model from outside may make this process hold. Larger ones are refused by name. */
export const ONNX_LIMITS = {
  fileBytes: 2 ** 30,
  nodes: 100_000,
  tensors: 200_000,
  /** Dimensions of one tensor. */
  rank: 8,
  /** Values of one tensor. */
  elements: 2 ** 28,
  /** Characters of a name. */
  nameLength: 4096,
} as const;

/**
 * Operator set versions: the oldest and newest that are read, and the oldest that a graph has in memory; nodes
 * of older files are rewritten as that one has them.
 */
export const OPSETS = { oldest: 6, newest: 25, oldestGraph: 13 } as const;

/** Version of the file format that is written. */
export const WRITTEN_IR_VERSION = 8;
