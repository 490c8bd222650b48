/** What a job's admission contract may use of a transaction's gas: the market's `ADMISSION_GAS`, and the 64th that stays behind. */
export const MOST_HOOK_GAS = 102_000n;
