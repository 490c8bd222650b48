import type { VerifyingKeyJson } from '../formats/verifying-key.ts';

/**
 * Which circuits have a secret in common that each needs for itself. With one δ for two circuits a proof of the one
 * is completed with columns of the other, in a single proof and without any batch; the same holds for σ, where a
 * commitment for one circuit passes for the other's.
 * @returns a sentence for each pair
 */
export function sharedSecrets(
  keys: readonly { readonly slice: number; readonly key: VerifyingKeyJson }[],
): readonly string[] {
  const found: string[] = [];
  const seen = new Map<string, string>();
  for (const { slice, key } of keys) {
    // A σ that is another circuit's δ is no better than two equal ones.
    for (const [name, point] of secretsOf(key)) {
      const id = JSON.stringify(point);
      const own = `${name} of slice ${slice}`;
      const other = seen.get(id);
      if (other === undefined) seen.set(id, own);
      else found.push(`${own} is ${other}`);
    }
  }
  return found;
}

function secretsOf(key: VerifyingKeyJson): readonly (readonly [name: string, point: unknown])[] {
  const { vk_delta_2: delta, ...rest } = key;
  const sigma = 'vk_sigma_2' in rest ? rest.vk_sigma_2 : undefined;
  return [['δ', delta], ...(sigma === undefined ? [] : [['σ', sigma] as const])];
}
