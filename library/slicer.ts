/** `sliceproof/slicer`: an ONNX model cut into slices with circuits and keys. Running models needs ONNX Runtime. */
export { buildModel, type BuildOptions, type BuildProgress } from '../slicer/build/build-model.ts';
export { planModel, type PlanModelOptions, type PlannedModel } from '../slicer/build/plan-model.ts';
export { openModel } from '../slicer/build/open-model.ts';
export { readManifest } from '../slicer/build/folder.ts';
export type { HeldOut } from '../slicer/build/accuracy.ts';
export { readSampleSets, type Sample } from '../protocol/samples.ts';
export { type Manifest } from '../protocol/manifest.ts';
export { SlicerError } from '../slicer/errors.ts';
export { SliceproofError } from '../protocol/errors.ts';
