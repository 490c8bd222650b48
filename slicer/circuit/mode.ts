/**
 * How a circuit proves ranges and functions: `bits` out of booleans, `lookups` in tables, with committed wires and a
 * challenge. What it says is the same.
 */
export type CircuitMode = 'bits' | 'lookups';
