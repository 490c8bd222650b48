pragma circom 2.0.0;
include "../../../scripts/bench/circom/merkle-proof.circom";
component main = MerkleProof(3);
