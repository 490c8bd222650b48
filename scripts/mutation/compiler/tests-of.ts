/** Tests of what a circuit says and of the numbers that it is made from. */
const TESTS = /^test\/slicer\/(circuit|integer|reference)\/.*\.test\.ts$/;

/**
 * Left out: counts, which say that something changed and not that something is wrong; real proofs and set-ups, which hold for
 * any rows; the edits of whole slices by thousands, which notice little that the others don't and take longest.
 */
const NOT_ASKED =
  /snapshot|lookups\/(hiding|prove|slice)|circuit\/(slice|mutation)\.test|serialise|poseidon\.test/;

/** The test files that the compiler is held against. A mutant that none of them notices has survived. */
export function testsAmong(all: readonly string[]): readonly string[] {
  return all.filter((file) => TESTS.test(file) && !NOT_ASKED.test(file));
}
