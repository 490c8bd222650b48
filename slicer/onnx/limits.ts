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

/** Operator set versions whose meaning the operators of this folder follow. */
export const OPSETS = { oldest: 6, newest: 25 } as const;

/** What {@link writeOnnx} declares: version of the file format, and of the operators unless the graph says. */
export const WRITTEN = { irVersion: 8, opset: 13 } as const;
