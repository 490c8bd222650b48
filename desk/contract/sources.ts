import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this project's own contracts are. */
const CONTRACTS = fileURLToPath(new URL('../../contracts/', import.meta.url));

/** What a model's verifier is made of. */
const ROOTS = [
  'CircuitRegistry.sol',
  'ModelRegistry.sol',
  'Groth16BatchVerifier.sol',
  'TensorHasher.sol',
  'desk/InferenceVerifier.sol',
  'libraries/PackedValues.sol',
  'LICENSE',
];

/** The contracts that check a model's proofs, and all that they import: texts by their path in `contracts/`. */
export async function verifierSources(): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const wanted = [...ROOTS];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (texts.has(name)) continue;
    const text = await readFile(path.join(CONTRACTS, name), 'utf8');
    texts.set(name, text);
    for (const [, from] of text.matchAll(/^(?:import|\}) .*?["'](\.[^"']+)["'];$/gm)) {
      wanted.push(path.posix.join(path.posix.dirname(name), from));
    }
  }
  return texts;
}
