/** ONNX in and out: files to checked graphs with all shapes known, and back. */
export { buildGraph } from './build.ts';
export * from './graph.ts';
export { gemmOf } from './operators/matrices.ts';
export { broadcastIndices } from './operators/moves/broadcast.ts';
export { orderIndices } from './operators/moves/tables.ts';
export { softmaxOf } from './operators/several.ts';
export { movesOf, reducedAxesOf } from './context.ts';
export { convolutionOf, countsPadding, poolOf, transposedOf, type Windows } from './operators/windows.ts';
export { readOnnx } from './read.ts';
export { writeOnnx } from './write.ts';
