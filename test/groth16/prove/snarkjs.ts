export { stopSnarkjs } from '../../../scripts/bench/stop-snarkjs.ts';

/** A logger for the functions of snarkjs that don't do without. */
export const quiet = { debug() {}, info() {}, warn() {}, error() {} };
