// SPDX-License-Identifier: MIT
pragma solidity ^0.8.18;

import {JobBatch} from "../../types/JobBatch.sol";
import {JobRequest} from "../../types/JobRequest.sol";
import {OutputOpening} from "../../types/OutputOpening.sol";
import {SignedBid} from "../../types/SignedBid.sol";
import {IMarketErrors} from "./IMarketErrors.sol";
import {IMarketEvents} from "./IMarketEvents.sol";
import {IGroth16BatchVerifier} from "../IGroth16BatchVerifier.sol";
import {IModelRegistry} from "../IModelRegistry.sol";
import {ITensorHasher} from "../ITensorHasher.sol";

/// @title The market for proofs of slices, without its ledger and what it tells of its jobs
/// @notice Requesters escrow the most a job can cost; nodes claim executions, bid on slices and are paid for exactly
/// what is proved. All amounts are of one ERC-20 asset and move in an internal ledger.
/// @dev Units: amounts and events count in 10^-18 of the asset, whatever decimals it has, and unit prices are such amounts a
/// constraint, so nothing is ever rounded but shares. Only what moves the asset itself ({IMarketLedger}) is asked in the asset's own
/// smallest unit.
/// @dev Deadlines are inclusive: what must happen "by t" may happen in a block of time t. No upgrade, no pause. The
/// owner sets a fee of up to 5% for jobs posted later, its treasury, and may announce a sunset, nothing else. Events and the ledger's movements
/// are in {IMarketEvents}, refusals in {IMarketErrors}.
interface IMarketCore is IMarketEvents, IMarketErrors {
    /// @notice What never changes in a market.
    /// @param minProveSeconds The shortest `proveSeconds` an offer may have.
    /// @param minCommitSeconds The shortest `commitSeconds`: what a transaction takes at least, and also the time that a job
    /// with audits has for their draw.
    /// @param minJobSeconds The shortest a job may be from its trace to its deadline.
    /// @param maxJobSeconds The longest any span of a job may be.
    struct Limits {
        uint32 minProveSeconds;
        uint32 minCommitSeconds;
        uint32 minJobSeconds;
        uint32 maxJobSeconds;
    }

    /// @notice Several calls of the caller's in one transaction, in their order: all of them, or none. A deposit and a post, say.
    /// @param calls The calls as they would be sent by themselves.
    /// @return results What each returned.
    function multicall(bytes[] calldata calls) external returns (bytes[] memory results);

    // -------------------------------------------------------------------------------------------------- jobs

    /// @notice Posts a job whose execution is for sale. Escrows the execution's highest price, the highest prices of
    /// every required slice and of the dearest that may be drawn, and as many tips. Coins that come along are deposited for the
    /// requester first.
    /// @dev A signature is EIP-712 over {JobRequest}, with the domain that {eip712Domain} names; ERC-1271 for contracts. Its nonce is
    /// used up: of all signed requests with it, one is posted. Without a signature nothing looks at it.
    /// @param request What is asked for. @param signature The requester's, with which anyone may bring the request, to be paid from the
    /// requester's balance; empty where the caller is the requester, and wants the nonce left alone.
    /// @return jobId keccak256(abi.encode(request's id, keccak256(abi.encodePacked(request.inputs)))), where the request's id is
    /// keccak256(abi.encode(chain id, market, requester, nonce, keccak256(abi.encode(request)))).
    function post(
        JobRequest calldata request,
        bytes calldata signature
    ) external payable returns (bytes32 jobId);

    /// @notice Raises the unit price that the ramp of the caller's job ends at, for slices that are open and audits that
    /// may be drawn; escrows what that can cost more. Holds, collateral, bonds and challenged slices stay as they are.
    /// @return added What was escrowed.
    function raiseOffer(bytes32 jobId, uint64 maxUnitPrice) external returns (uint256 added);

    /// @notice Posts a job that the requester executed itself. `request.execution` must be all zero. Coins that come along are
    /// deposited first.
    /// @param trace Commitments of all tensors of the model, by tensor id.
    /// @param traceDigest sha-256 of the trace bundle in the artifact store.
    function postWithTrace(
        JobRequest calldata request,
        bytes32[] calldata trace,
        bytes32 traceDigest
    ) external payable returns (bytes32 jobId);

    /// @notice Claims a job's execution at the ramp's price now and reserves the bond: the larger of 200% of the
    /// execution's highest price and the job's escrow. Books a claim that ran out first, for the usual reward.
    /// @dev Refused when the claim would end after `commitBy` = posted + rampSeconds + 2·commitSeconds.
    /// Warning: claim only what can be had: input fetched and checked against its commitment.
    /// @param executor Whose claim it is: the caller, or an account that named the caller its operator.
    /// @return price What the executor is paid when the job is finalized.
    /// @return bond What it has at stake until then.
    function claimExecution(
        address executor,
        bytes32 jobId
    ) external returns (uint256 price, uint256 bond);

    /// @notice Commits the claimant to its trace. For the claimant and its operators.
    /// @param requestId The id of the job's request, see {post}: the market keeps nothing of the inputs but what it makes with
    /// them, the job's id.
    /// @param trace Commitments of all tensors of the model, by tensor id; those of the inputs equal the job's.
    /// @param traceDigest sha-256 of the trace bundle in the artifact store.
    /// @param outputs What opens the commitments of the model's outputs, one entry each; none if the request asks for a
    /// commitment only. Else an executor could be paid for a hash.
    function commitTrace(
        bytes32 jobId,
        bytes32 requestId,
        bytes32[] calldata trace,
        bytes32 traceDigest,
        OutputOpening[] calldata outputs
    ) external;

    /// @notice Draws the audits that the request asked for, by the hash of the block after the trace's, from the
    /// provable slices that weren't required. Anyone may call; the drawn slices are due from then on.
    /// @dev The hash can be had for 256 blocks, and for 8,191 where the chain has EIP-2935's contract. Warning: whoever
    /// proposes that block can bias it. An executor draws right away: a job whose audits weren't drawn ends in default.
    function draw(bytes32 jobId) external returns (uint256 audited);

    /// @notice Makes a provable slice due that wasn't, until `challengeSeconds` after a node's trace, once a slice. The
    /// caller reserves its highest price and a tip, which pay for its proof, and that price once more. If it is proved, the
    /// second is shared by executor and requester, who had to wait, and what is left of the first returns. If it stays
    /// unproved, all returns with a share of the executor's bond. Audits are drawn before anything can be challenged.
    /// The deadline moves so that there is time for a bid and two proofs.
    function challenge(bytes32 jobId, uint256 slice) external;

    /// @notice Bids on slices, all at one unit price, in 10^-18 of the asset a constraint. Slices that can't be had are skipped: not due or
    /// cancelled, held at a price that this one doesn't undercut enough, held by the bidder, window over, settled, lapsed,
    /// above the ramp's price, too late for the deadline, or the trace isn't `traceHash`. Reverts with {IMarketErrors-NotAdmitted}
    /// where something may be had and the job's admission contract doesn't let the bidder in.
    /// @param prover Whose bid it is: the caller, or an account that named the caller its operator.
    /// @param traceHash The trace that the bidder has checked.
    /// @param slices Bit i bids on slice i.
    /// @return taken The slices that are the prover's now.
    function bid(
        address prover,
        bytes32 jobId,
        bytes32 traceHash,
        uint256 slices,
        uint64 unitPrice
    ) external returns (uint256 taken);

    /// @notice {bid} with each of some bids that their provers signed, in their order. Anyone may bring them: a bid binds its
    /// prover, and costs it nothing but its collateral. One that takes nothing is told of with its reason
    /// ({IMarketEvents-SignedBidRefused}) and keeps none of the others from counting; its nonce stays as it was.
    /// @dev EIP-712 over {SignedBid}, with the domain that {eip712Domain} names; a contract signs by ERC-1271, with 200,000 gas
    /// at most. Unlike {bid}, a signed bid counts only if what its prover has free, and its signer's limits leave, is
    /// enough for all slices it names that are due and unproved.
    /// @return taken What each has taken.
    function bidSigned(SignedBid[] calldata bids) external returns (uint256[] memory taken);

    /// @notice Verifies proofs of any slices of any jobs in one pairing check and pays the provers.
    /// @dev Every Groth16 proof must hold, or all is reverted. Then each slice is paid or skipped by itself; one that an
    /// external verifier refuses is skipped. A lapse is booked on the way, and the caller has its reward.
    /// @param batches Jobs, their traces, and which slices of them are proved by whom.
    /// @param proofs What proves them all, over all batches, groups and slices in their order, in the layout of
    /// {IGroth16BatchVerifier}.
    function settle(JobBatch[] calldata batches, bytes calldata proofs) external;

    /// @notice Books what ran out. Of a job that is claimed, the claim: 90% of the bond is burned, 10% goes to the caller. Of one with a
    /// trace, holds: 50% of the collateral is burned, 40% raises the slice, 10% goes to the caller; slices that aren't in
    /// default are skipped.
    /// @param slices Bit i names slice i; nothing of a claim.
    /// @return booked The slices whose lapse was booked.
    function slash(bytes32 jobId, uint256 slices) external returns (uint256 booked);

    /// @notice Cancels a job of the caller's: at once before a trace (not while a claim runs: its holder may be about
    /// to publish the result). After it, an announcement: no new bids are taken, and what is open can be proved for
    /// proveSeconds more, at most until the deadline. Held, lapsed, drawn and challenged slices keep their time. What is
    /// unproved then is refunded by {expire}.
    function cancel(bytes32 jobId) external;

    /// @notice Ends a job whose due slices are all proved, audits drawn, time for challenges over: the executor is paid,
    /// the rest goes back.
    function finalize(bytes32 jobId) external;

    /// @notice Ends a job that got no trace in time, or whose time is over with a due slice unproved or audits undrawn.
    /// Anyone may call.
    /// @dev Unless the requester cancelled and every unproved slice is one that it could cancel, an executor other than
    /// the requester is in default: its bond first pays what the job cost the requester, of the rest 10% goes to
    /// the caller, 20% to the challengers of unproved slices, and the remainder is burned. Challengers get no share for a
    /// slice whose key the requester or the model's publisher registered, and an executor gets nothing of its own bond. One
    /// that is the requester owes challengers their share, nothing else. An executor that isn't in default is paid.
    function expire(bytes32 jobId) external;

    /// @notice Reveals the outputs of a finalized job, checked against the trace's commitments. Anyone who knows them may.
    function revealOutput(
        bytes32 jobId,
        bytes32[] calldata trace,
        OutputOpening[] calldata outputs
    ) external;

    // ------------------------------------------------------------------------------------------------- owner

    /// @notice Announces the fee of jobs that are posted two days from now or later. Owner only.
    function setFee(uint16 feeBps) external;

    /// @notice Sets where fees are credited. Owner only.
    function setTreasury(address treasury) external;

    /// @notice Announces that nothing new is taken in 30 days from now: no deposit and no post. All else goes on for ever.
    /// It can't be taken back. Owner only.
    function announceSunset() external;

    // ------------------------------------------------------------------------------------------------- views

    /// @notice The registry that jobs name models of.
    function modelRegistry() external view returns (IModelRegistry);

    /// @notice The verifier of settlements.
    function verifier() external view returns (IGroth16BatchVerifier);

    /// @notice What never changes.
    function limits() external view returns (Limits memory);

    /// @notice The fee that jobs posted now keep, in basis points of a slice's price.
    function feeBps() external view returns (uint16);

    /// @notice Where fees are credited.
    function treasury() external view returns (address);

    /// @notice What outputs are checked with.
    function tensorHasher() external view returns (ITensorHasher);
}
