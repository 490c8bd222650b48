import { SetupBadge, type Setup } from './show.tsx';

interface Provable {
  readonly circuit: { readonly setup: Setup } | null;
}

const ORDER: readonly Setup[] = ['DEVELOPMENT', 'EXTERNAL', 'CEREMONY'];

/** The kinds of setup that a model's circuits have, the worst first. */
export function Setups({ slices }: { slices: readonly Provable[] }) {
  const kinds = new Set(slices.flatMap(({ circuit }) => (circuit === null ? [] : [circuit.setup])));
  if (kinds.size === 0) return <span class="faint">nothing to prove</span>;
  return (
    <>
      {ORDER.filter((kind) => kinds.has(kind)).map((kind) => (
        <SetupBadge key={kind} of={kind} />
      ))}
    </>
  );
}
