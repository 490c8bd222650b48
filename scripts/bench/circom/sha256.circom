pragma circom 2.0.0;
include "circomlib/circuits/sha256/sha256.circom";
// What fits into one block beside its padding.
component main = Sha256(447);
