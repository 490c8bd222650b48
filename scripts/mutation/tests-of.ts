const folder = 'test/contracts';
const attacks = `${folder}/attacks`;

const VERIFIER = [
  `${folder}/Groth16BatchVerifier.test.ts`,
  `${attacks}/committed-lookups.test.ts`,
  `${attacks}/key-after-challenges.test.ts`,
  `${attacks}/cross-circuit-completion.test.ts`,
  `${attacks}/scaled-by-submitter.test.ts`,
  `${attacks}/sums-after-rho.test.ts`,
  `${folder}/settlement-bytes.test.ts`,
  `${folder}/external-verifiers.test.ts`,
  `${attacks}/forged-batches.test.ts`,
];
const NOT_OF_THE_MARKET =
  /CircuitRegistry|ModelRegistry|TensorHasher|Groth16|merged-points|settlement-bytes|forged|lookups|challenges|completion|scaled|sums-after|skipped-setup|copied|malleated|canonical|gas\.test|layout|deployment|histories/;

/**
 * The test files that a source is held against, the likeliest to notice first. A mutant that none of them notices has
 * survived, whatever others would say of it.
 * @param all every test file that there is
 */
export function testsOf(source: string, all: readonly string[]): readonly string[] {
  const random = `${folder}/invariants.test.ts`;
  const others = all.filter((file) => !NOT_OF_THE_MARKET.test(file) && file !== random);
  const own = others.filter((file) => file.startsWith(`${folder}/market/`));
  const market = [...own, ...others.filter((file) => !own.includes(file)), random];
  const registry = [`${folder}/CircuitRegistry.test.ts`, `${attacks}/skipped-setup.test.ts`];
  if (/KeyPairs|KeyRecords|Statements/.test(source)) return [...VERIFIER, `${folder}/merged-points.test.ts`];
  if (/Groth16BatchVerifier|ProofBytes|ExternalProofs/.test(source)) return VERIFIER;
  if (/CircuitRegistry|Bn254|KeyStore|CodeStore|VerifyingKey/.test(source)) return [...registry, ...VERIFIER];
  if (/TensorHasher|Poseidon|PackedValues/.test(source)) {
    return [`${folder}/TensorHasher.test.ts`, `${folder}/market/result.test.ts`];
  }
  if (/ModelRegistry|ModelStore|SliceSpec|TensorSpec|Masks|CodeStore|Pricing/.test(source)) {
    return [...new Set([`${folder}/libraries.test.ts`, `${folder}/ModelRegistry.test.ts`, ...market])];
  }
  return market;
}
