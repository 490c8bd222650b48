/** Which wires of a circuit are what: numbers alone. */
export interface CircuitRoles {
  readonly inputs: readonly InputRoles[];
  /** Salts of all commitments, and whatever else is private and given. */
  readonly given: readonly number[];
  /** A challenge that is a hash in the circuit. (A committed challenge is where the R1CS says.) */
  readonly hashed?: HashedChallenge;
}

/** One input tensor. */
export interface InputRoles {
  /** Wires that its values are made of. */
  readonly values: readonly number[];
  /** The public wire of its commitment. */
  readonly commitment: number;
}

export interface HashedChallenge {
  readonly challenge: number;
  /** The wires that are hashed. */
  readonly words: readonly number[];
}
