// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../../contracts/interfaces/ISliceMarket.sol";
import {IMarketCore} from "../../../contracts/interfaces/market/IMarketCore.sol";
import {IMarketLedger} from "../../../contracts/interfaces/market/IMarketLedger.sol";
import {IMarketViews} from "../../../contracts/interfaces/market/IMarketViews.sol";
import {JobBatch, ProvedSlices} from "../../../contracts/types/JobBatch.sol";
import {JobRequest} from "../../../contracts/types/JobRequest.sol";
import {SignedBid} from "../../../contracts/types/SignedBid.sol";
import {OutputOpening} from "../../../contracts/types/OutputOpening.sol";
import {AccountCalls} from "./AccountCalls.sol";
import {BidSigning} from "./BidSigning.sol";
import {HandlerBase} from "./HandlerBase.sol";
import {MoodyToken} from "./Doubles.sol";
import {RequestSigning} from "./RequestSigning.sol";
import {demand, VM} from "./Vm.sol";

/// @title Every entry point of the market, called by anybody at any time with anything
/// @notice The ledger's are in {AccountCalls}, a job's here. Functions have the names of what they call.
contract MarketHandler is AccountCalls {
    constructor(
        ISliceMarket market_,
        MoodyToken token_,
        bytes32 modelId_,
        address owner
    ) HandlerBase(market_, token_, modelId_, owner) {}

    function post(uint256 seed) external {
        address requester = _actor(seed);
        JobRequest memory request = _request(seed, requester);
        try market.post(request, "") {
            demand(false, "nobody posts a request of another");
        } catch {}
        VM.prank(requester);
        // Now and then with coins.
        _keep(
            market.post{value: (seed >> 80) % 3 == 0 ? 1 + ((seed >> 82) % 1000) : 0}(request, ""),
            request
        );
        _count();
    }

    /// @notice A deposit and a post in one transaction.
    function multicall(uint256 seed) external {
        address requester = _actor(seed);
        JobRequest memory request = _request(seed, requester);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IMarketLedger.deposit, (requester, 1e15 / SCALE));
        calls[1] = abi.encodeCall(IMarketCore.post, (request, ""));
        VM.prank(requester);
        _keep(abi.decode(market.multicall(calls)[1], (bytes32)), request);
        _count();
    }

    function postWithTrace(uint256 seed) external {
        address requester = _actor(seed);
        JobRequest memory request = _request(seed, requester);
        delete request.execution;
        try market.postWithTrace(request, _trace(), bytes32(uint256(1))) {
            demand(false, "nobody posts a request of another");
        } catch {}
        VM.prank(requester);
        _keep(market.postWithTrace(request, _trace(), bytes32(uint256(1))), request);
        _count();
    }

    /// @notice Posted by anybody for the wallet or for who has the key, once, and only as it was signed.
    function postSigned(uint256 who, uint256 seed) external {
        (address signer, uint256 key) = _signer(seed % 2 == 0 ? 0 : seed);
        JobRequest memory request = _request(seed, seed % 2 == 0 ? address(wallet) : signer);
        bytes memory signature = _signed(request, key);
        request.offer.maxUnitPrice += 1;
        _mustRefuse(request, signature, "a request is posted as it was signed");
        request.offer.maxUnitPrice -= 1;
        _mustRefuse(request, _signed(request, key + 1), "a request is signed by its requester");
        VM.prank(_actor(who));
        _keep(market.post(request, signature), request);
        _mustRefuse(request, signature, "a signature is used once");
        _count();
    }

    function claimExecutionFor(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        address executor = _actor(who);
        address caller = _actingFor(executor, who);
        bool may = _mayActFor(executor, caller);
        VM.prank(caller);
        market.claimExecution(executor, jobId);
        demand(may, "only an operator claims for an account");
        demand(market.jobOf(jobId).executor == executor, "a claim is its account's");
        _count();
    }

    function claimExecution(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        address executor = _actor(who);
        VM.prank(executor);
        market.claimExecution(executor, jobId);
        _count();
    }

    function commitTrace(uint256 who, uint256 which) external {
        bytes32 jobId = _job(which);
        IMarketViews.JobView memory job = market.jobOf(jobId);
        OutputOpening[] memory outputs = job.outputCommitmentOnly ? new OutputOpening[](0) : _outputs();
        address caller = _actingFor(job.executor, who);
        VM.prank(caller);
        market.commitTrace(jobId, _requestIds[jobId], _trace(), bytes32(uint256(2)), outputs);
        demand(_mayActFor(job.executor, caller), "a trace is its executor's or an operator's");
        _count();
    }

    function draw(uint256 job) external {
        market.draw(_job(job));
        _count();
    }

    function challenge(uint256 who, uint256 job, uint256 slice) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.challenge(jobId, slice % SLICES);
        _count();
    }

    function bid(uint256 who, uint256 job, uint256 slices, uint256 price) external {
        bytes32 jobId = _job(job);
        address prover = _actor(who);
        VM.prank(prover);
        uint256 taken = market.bid(prover, jobId, _traceHash(), slices & 15, uint64(1 + (price % 3e15)));
        if (taken != 0) _count();
    }

    function bidFor(uint256 who, uint256 job, uint256 slices) external {
        bytes32 jobId = _job(job);
        address prover = _actor(who);
        address caller = _actingFor(prover, who);
        VM.prank(caller);
        uint256 taken = market.bid(prover, jobId, _traceHash(), slices & 15, 1e15);
        demand(_mayActFor(prover, caller), "only an operator bids for an account");
        if (taken != 0) _count();
    }

    /// @notice A bid that an actor signed, for itself, the wallet or another, brought by anybody behind one that was changed since.
    function bidSigned(uint256 who, uint256 job, uint256 slices, uint256 price) external {
        SignedBid memory bid_ = SignedBid({
            prover: address(wallet),
            signer: address(wallet),
            jobId: _job(job),
            traceHash: _traceHash(),
            slices: slices & 15,
            unitPrice: uint64(1 + (price % 3e15)),
            nonce: (1 << 129) + _bids++,
            validUntil: type(uint40).max,
            signature: ""
        });
        (address signer, uint256 key) = _signer(who % 4 == 0 ? 0 : who);
        if (who % 4 != 0) bid_.signer = signer;
        if (who % 4 != 0) bid_.prover = who % 4 == 1 ? _actor(who >> 8) : signer;
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, BidSigning.digest(bid_, address(market)));
        bid_.signature = abi.encodePacked(r, s, v);
        SignedBid[] memory bids = new SignedBid[](2);
        bids[1] = bid_;
        bids[0] = abi.decode(abi.encode(bid_), (SignedBid));
        bids[0].unitPrice = bid_.unitPrice + 1;
        VM.prank(_actor(who >> 16));
        uint256[] memory taken = market.bidSigned(bids);
        demand(taken[0] == 0, "a bid is brought as it was signed");
        demand(taken[1] == 0 || _mayActFor(bid_.prover, bid_.signer), "only an operator signs for an account");
        demand(market.isNonceUsed(bid_.signer, bid_.nonce) == (taken[1] != 0), "a nonce is used by what is taken");
        if (taken[1] != 0) _count();
    }

    /// @notice Settles one to three slices, each for its holder, if there is one and `who` says so; holders name their bid, or
    /// another's.
    function settle(uint256 who, uint256 job, uint256 slices, uint256 refused) external {
        bytes32 jobId = _job(job);
        slices = slices & 15 & ~uint256(4);
        if (slices == 0) slices = 1;
        JobBatch[] memory batches = new JobBatch[](1);
        batches[0].jobId = jobId;
        batches[0].shown = 1;
        batches[0].trace = _trace();
        batches[0].groups = _groups(jobId, slices, who);
        uint256 settled = market.jobOf(jobId).settledCount;
        VM.prank(_actor(who >> 8));
        market.settle(batches, abi.encode(keccak256("proved"), refused % 16));
        if (market.jobOf(jobId).settledCount != settled) _count();
    }

    function slash(uint256 who, uint256 job, uint256 slices) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        if (market.slash(jobId, slices & 15) != 0) _count();
    }

    function slashExecution(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.slash(jobId, 0);
        _count();
    }

    function raiseOffer(uint256 job, uint256 price) external {
        bytes32 jobId = _job(job);
        VM.prank(market.jobOf(jobId).requester);
        market.raiseOffer(jobId, uint64(1 + (price % 9e15)));
        _count();
    }

    function cancel(uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(market.jobOf(jobId).requester);
        market.cancel(jobId);
        _count();
    }

    function finalize(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.finalize(jobId);
        _count();
    }

    function revealOutput(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.revealOutput(jobId, _trace(), _outputs());
        _count();
    }

    function expire(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.expire(jobId);
        _count();
    }

    function _signed(JobRequest memory request, uint256 key) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, RequestSigning.digest(request, address(market)));
        return abi.encodePacked(r, s, v);
    }

    function _mustRefuse(JobRequest memory request, bytes memory signature, string memory what) private {
        try market.post(request, signature) {
            demand(false, what);
        } catch {}
    }

    function _groups(
        bytes32 jobId,
        uint256 slices,
        uint256 who
    ) private view returns (ProvedSlices[] memory groups) {
        groups = new ProvedSlices[](SLICES);
        uint256 count = 0;
        for (uint256 i = 0; i < SLICES; ++i) {
            if ((slices >> i) & 1 == 0) continue;
            IMarketViews.SliceView memory seen = market.sliceOf(jobId, i);
            address prover = seen.holder != address(0) && who & 3 != 0 ? seen.holder : _actor(who);
            uint16 place = who & 12 != 0 ? seen.place : uint16(who >> 4);
            // What follows of one prover's is one group, mostly.
            if (count != 0 && groups[count - 1].prover == prover && who & 64 != 0) groups[count - 1].slices |= 1 << i;
            else groups[count++] = ProvedSlices({prover: prover, bid: place, slices: 1 << i});
        }
        assembly ("memory-safe") {
            // Shortens the array.
            mstore(groups, count)
        }
    }
}
