import { createReadStream } from 'node:fs';

/**
 * A file's bytes, but no more than one above `most`: whoever names a file may name one that has no end, and who gets more than is
 * read knows it.
 * @throws Error of the file system
 */
export async function readBounded(file: string, most: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file, { end: most })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
