/** What a requester uses from a program of its own; the commands `sliceproof job …` are made of the same. */
export { openClient, type ClientOptions } from './open-client.ts';
export { publishModel } from './models/publish-model.ts';
export type { PublishedModel, PublishProgress } from './models/register-build.ts';
export { readExternals, type ExternalSlice } from './models/externals.ts';
export { readImage } from '../protocol/image.ts';
export * from './verbs.ts';
