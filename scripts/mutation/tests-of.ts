const folder = 'test/contracts';
const verifier = [
  `${folder}/Groth16BatchVerifier.test.ts`,
  `${folder}/external-verifiers.test.ts`,
  `${folder}/attacks/forged-batches.test.ts`,
  `${folder}/attacks/committed-lookups.test.ts`,
  `${folder}/attacks/key-after-challenges.test.ts`,
];
const market = [
  `${folder}/market/bid.test.ts`,
  `${folder}/market/end.test.ts`,
  `${folder}/market/execution.test.ts`,
  `${folder}/market/ledger.test.ts`,
  `${folder}/market/post.test.ts`,
  `${folder}/market/settle.test.ts`,
  `${folder}/attacks/proofs-of-others.test.ts`,
  `${folder}/attacks/one-hand.test.ts`,
];

/** The test files that a source is held against, in the order in which they are tried: the likeliest to notice first. */
export function testsOf(source: string): readonly (readonly string[])[] {
  if (/Groth16BatchVerifier|ProofBytes|KeyRecords|Statements|KeyPairs|ExternalProofs/.test(source)) {
    return [verifier];
  }
  if (/CircuitRegistry|Bn254|KeyStore|CodeStore|VerifyingKey/.test(source)) {
    return [[`${folder}/CircuitRegistry.test.ts`, ...verifier]];
  }
  if (/ModelRegistry|ModelStore|SliceSpec|TensorSpec/.test(source)) {
    return [[`${folder}/ModelRegistry.test.ts`, `${folder}/libraries.test.ts`], market];
  }
  return [[`${folder}/libraries.test.ts`], market, [`${folder}/invariants.test.ts`]];
}
