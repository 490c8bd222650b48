pragma circom 2.0.0;
include "merkle-proof.circom";
component main {public [leaf]} = MerkleProof(32);
