/** ONNX in and out: files to checked graphs with all shapes known, and back. */
export { buildGraph } from './build.ts';
export * from './graph.ts';
export { gemmOf } from './operators/matrices.ts';
export { convolutionOf, countsPadding, poolOf, type Windows } from './operators/windows.ts';
export { readOnnx } from './read.ts';
export { writeOnnx } from './write.ts';
