// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISliceMarket} from "../../contracts/interfaces/ISliceMarket.sol";
import {JobBatch} from "../../contracts/types/JobBatch.sol";
import {JobRequest} from "../../contracts/types/JobRequest.sol";
import {SliceState} from "../../contracts/types/MarketStates.sol";
import {OutputOpening} from "../../contracts/types/OutputOpening.sol";
import {AccountCalls} from "./AccountCalls.sol";
import {HandlerBase} from "./HandlerBase.sol";
import {MoodyConsumer, MoodyToken} from "./Doubles.sol";
import {VM} from "./Vm.sol";

/// @title Every entry point of the market, called by anybody at any time with anything
/// @notice The ledger's are in {AccountCalls}, a job's here. Functions have the names of what they call.
contract MarketHandler is AccountCalls {
    constructor(
        ISliceMarket market_,
        MoodyToken token_,
        MoodyConsumer consumer_,
        bytes32 modelId_,
        address owner
    ) HandlerBase(market_, token_, consumer_, modelId_, owner) {}

    function post(uint256 seed) external {
        address requester = _actor(seed);
        JobRequest memory request = _request(seed, requester);
        VM.prank(requester);
        jobs.push(market.post(request));
        _count();
    }

    function postWithTrace(uint256 seed) external {
        address requester = _actor(seed);
        JobRequest memory request = _request(seed, requester);
        delete request.execution;
        VM.prank(requester);
        jobs.push(market.postWithTrace(request, _trace(), bytes32(uint256(1))));
        _count();
    }

    /// @notice Posted by anybody for the wallet, once.
    function postSigned(uint256 who, uint256 seed) external {
        JobRequest memory request = _request(seed, address(wallet));
        bytes memory signature = wallet.SIGNATURE();
        VM.prank(_actor(who));
        jobs.push(market.postSigned(request, signature));
        try market.postSigned(request, signature) {
            _expect(false, "a signature is used once");
        } catch {}
        _count();
    }

    function claimExecutionFor(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        address master = _actor(who);
        VM.prank(address(0xbee));
        market.claimExecutionFor(master, jobId);
        _count();
    }

    function claimExecution(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.claimExecution(jobId);
        _count();
    }

    function commitTrace(uint256 which) external {
        bytes32 jobId = _job(which);
        ISliceMarket.JobView memory job = market.jobOf(jobId);
        OutputOpening[] memory outputs = job.outputCommitmentOnly ? new OutputOpening[](0) : _outputs();
        VM.prank(job.executor);
        market.commitTrace(jobId, _trace(), bytes32(uint256(2)), outputs);
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
        VM.prank(_actor(who));
        uint256 taken = market.bid(jobId, _traceHash(), slices & 15, uint64(1 + (price % 3e15)));
        if (taken != 0) _count();
    }

    function bidFor(uint256 who, uint256 job, uint256 slices) external {
        bytes32 jobId = _job(job);
        address master = _actor(who);
        bool named = market.isOperator(master, address(0xbee));
        VM.prank(address(0xbee));
        uint256 taken = market.bidFor(master, jobId, _traceHash(), slices & 15, 1e15);
        _expect(named, "only an operator acts for an account");
        if (taken != 0) _count();
    }

    /// @notice Settles one to four slices, of which each claim names the holder, if there is one and `who` says so.
    function settle(uint256 who, uint256 job, uint256 slices, uint256 refused) external {
        bytes32 jobId = _job(job);
        slices = slices & 15 & ~uint256(4);
        if (slices == 0) slices = 1;
        JobBatch[] memory batches = new JobBatch[](1);
        batches[0].jobId = jobId;
        batches[0].trace = _trace();
        batches[0].claims = _claims(jobId, slices, who);
        uint256[SLICES] memory before = _states(jobId);
        VM.prank(_actor(who >> 8));
        market.settle(batches, abi.encode(keccak256("proved"), refused % 16));
        uint256[SLICES] memory afterwards = _states(jobId);
        for (uint256 i = 0; i < SLICES; ++i) {
            if (before[i] != uint256(SliceState.Settled) && afterwards[i] == uint256(SliceState.Settled)) {
                ++paid[jobId][i];
                _count();
            }
        }
    }

    /// @notice What is slashed is shared to the last unit: half burned, a tenth to the caller, the rest raises the slice.
    function slash(uint256 who, uint256 job, uint256 slices) external {
        bytes32 jobId = _job(job);
        address caller = _actor(who);
        (uint256 burnedBefore, ) = market.accountOf(BURN);
        (uint256 callerBefore, ) = market.accountOf(caller);
        uint256 raisesBefore = market.jobOf(jobId).raises;
        VM.prank(caller);
        uint256 booked = market.slash(jobId, slices & 15);
        if (booked == 0) return;
        uint256 burned = 0;
        uint256 reward = 0;
        uint256 slashed = 0;
        for (uint256 i = 0; i < SLICES; ++i) {
            if ((booked >> i) & 1 == 0) continue;
            uint256 collateral = market.sliceOf(jobId, i).collateral;
            slashed += collateral;
            burned += collateral / 2;
            reward += collateral / 10;
        }
        (uint256 burnedAfter, ) = market.accountOf(BURN);
        (uint256 callerAfter, ) = market.accountOf(caller);
        _expect(burnedAfter - burnedBefore == burned, "half of what is slashed is burned");
        _expect(callerAfter - callerBefore == reward, "a tenth of what is slashed is the caller's");
        _expect(
            market.jobOf(jobId).raises - raisesBefore == slashed - burned - reward,
            "the rest of what is slashed raises slices"
        );
        _count();
    }

    function slashExecution(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        address caller = _actor(who);
        uint256 bond = market.jobOf(jobId).bond;
        (uint256 burnedBefore, ) = market.accountOf(BURN);
        (uint256 callerBefore, ) = market.accountOf(caller);
        VM.prank(caller);
        market.slashExecution(jobId);
        (uint256 burnedAfter, ) = market.accountOf(BURN);
        (uint256 callerAfter, ) = market.accountOf(caller);
        _expect(callerAfter - callerBefore == bond / 10, "a tenth of a lapsed bond is the caller's");
        _expect(burnedAfter - burnedBefore == bond - bond / 10, "the rest of a lapsed bond is burned");
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

    function deliver(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        OutputOpening[] memory outputs = _known(jobId);
        VM.prank(_actor(who));
        market.deliver(jobId, outputs);
        _count();
    }

    function finalizeAndDeliver(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        OutputOpening[] memory outputs = _known(jobId);
        VM.prank(_actor(who));
        market.finalizeAndDeliver(jobId, outputs);
        _count();
    }

    function revealOutput(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        VM.prank(_actor(who));
        market.revealOutput(jobId, _trace(), _outputs());
        _count();
    }

    /// @notice A bond that is forfeited is shared to the last unit, whoever it goes to.
    function expire(uint256 who, uint256 job) external {
        bytes32 jobId = _job(job);
        uint256 before = _everything() + market.jobOf(jobId).escrow + market.jobOf(jobId).raises;
        VM.prank(_actor(who));
        market.expire(jobId);
        _expect(_everything() == before, "all of an expired job is in the ledger");
        _count();
    }

    /// @dev All balances and all that is reserved, of everybody.
    function _everything() private view returns (uint256 sum) {
        for (uint256 i = 0; i < actors.length + 3; ++i) {
            address account = i < actors.length ? actors[i] : [BURN, address(0xfee), address(0xfee2)][i - actors.length];
            (uint256 balance, uint256 reserved) = market.accountOf(account);
            sum += balance + reserved;
        }
    }

    function _states(bytes32 jobId) private view returns (uint256[SLICES] memory states) {
        for (uint256 i = 0; i < SLICES; ++i) states[i] = uint256(market.sliceOf(jobId, i).state);
    }

    function _claims(
        bytes32 jobId,
        uint256 slices,
        uint256 who
    ) private view returns (uint256[] memory claims) {
        claims = new uint256[](SLICES);
        uint256 count = 0;
        for (uint256 i = 0; i < SLICES; ++i) {
            if ((slices >> i) & 1 == 0) continue;
            address holder = market.sliceOf(jobId, i).holder;
            address prover = holder != address(0) && who & 3 != 0 ? holder : _actor(who);
            claims[count++] = (i << 160) | uint160(prover);
        }
        assembly ("memory-safe") {
            // Shortens the array.
            mstore(claims, count)
        }
    }
}
