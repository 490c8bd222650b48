/** The inputs of a model for one sample, in the order of the model's inputs. */
export type Sample = readonly Float64Array[];

/** What calibration saw of one tensor. */
export interface TensorStatistics {
  readonly low: number;
  readonly high: number;
  /** At most so many of the values as are kept, evenly taken over positions and samples. */
  readonly values: Float64Array;
}

/** What a float model did on the calibration samples. */
export interface Observation {
  readonly samples: readonly Sample[];
  /** By sample: what ONNX Runtime gave for the model's foreign nodes, in their order. */
  readonly foreign: readonly Sample[];
  /** By tensor index of the float model. */
  readonly tensors: readonly TensorStatistics[];
  /** By tensor index: the mean of each channel (dimension 1) over positions and samples. */
  readonly channelMeans: readonly Float64Array[];
  /** By sample: the values of the model's outputs. */
  readonly outputs: readonly Sample[];
  /** By sample: the scores that a Softmax at the model's end reads, as far as they count; absent where there is none. */
  readonly scores?: readonly Float64Array[];
}
