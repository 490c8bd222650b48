/** The market takes circuits of up to 12 public signals: tensors in and out, and the tag. */
export const SIGNAL_LIMIT = 12;
export const SLICE_TENSOR_LIMIT = SIGNAL_LIMIT - 1;

/** Most that a model may have: what a job's masks and a trace on chain can hold. */
export const MODEL_LIMITS = { slices: 256, tensors: 1024 } as const;
