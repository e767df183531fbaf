// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantState, KeyGrant, SkipReason} from "../Types.sol";

/// @title Where the money lies: client deposits, key grants, node earnings
/// @notice Immutable. Only the one Settlement contract fixed at deployment can move a client's deposit, and only to the node named in a
/// message that the client or its granted key signed. Everybody withdraws for themselves (pull payments), paused or not.
///
/// A client leaves in two steps: `requestWithdrawal` starts the lock, `withdraw` pays when it is over. During the lock vouchers still
/// settle, from the whole balance. What is requested no longer counts as `availableOf`, so a careful node stops serving on it.
interface IEscrow {
    /// @notice Tokens arrived for `client`; `balance` is its whole balance afterwards, requested withdrawals included.
    event Deposited(address indexed client, address indexed payer, uint128 amount, uint128 balance);
    /// @notice `amount` replaces any earlier request and can be withdrawn from `unlocksAt` (Unix seconds) on.
    event WithdrawalRequested(address indexed client, uint128 amount, uint64 unlocksAt);
    event WithdrawalCancelled(address indexed client);
    /// @notice `amount` may be less than requested, when vouchers settled during the lock.
    event Withdrawn(address indexed client, address indexed to, uint128 amount, uint128 balance);
    /// @notice `key` may sign vouchers (and, off chain, requests) for `client`. `expiry` in Unix milliseconds.
    event KeyGranted(
        address indexed client, address indexed key, uint128 spendCap, uint64 expiry, bytes32 scope
    );
    /// @notice Nodes must stop accepting `key` at once; what it signed before settles until `settlesUntil` (Unix milliseconds).
    event KeyRevoked(address indexed client, address indexed key, uint64 settlesUntil);
    /// @notice A node or the treasury took its earnings out.
    event Claimed(address indexed node, address indexed to, uint256 amount);
    /// @notice New deposits and grants are refused (or accepted again). Nothing else is affected.
    event PauseChanged(bool paused);

    error NotSettlement(address caller);
    error ZeroAddress();
    error ZeroAmount();
    error DepositsPaused();
    error InsufficientBalance(uint128 requested, uint128 balance);
    error NoWithdrawalRequested();
    /// @param unlocksAt Unix seconds
    error WithdrawalLocked(uint64 unlocksAt);
    error InvalidKey(address key);
    /// @notice A key is granted once and, once revoked, never again: use a fresh key.
    error KeyAlreadyUsed(address client, address key);
    /// @param expiry Unix milliseconds
    error GrantAlreadyExpired(uint64 expiry);
    error ParameterOutOfBounds(bytes32 name, uint256 value);

    /// @notice Puts the caller's tokens into `client`'s balance. Needs an allowance. Credits what really arrived.
    function deposit(address client, uint128 amount) external;

    /// @notice As `deposit`, with an EIP-2612 permit of the caller in the same transaction.
    function depositWithPermit(address client, uint128 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Starts the lock for `amount`; replaces an earlier request and starts its lock anew.
    function requestWithdrawal(uint128 amount) external;

    /// @notice Makes the requested amount available for jobs again.
    function cancelWithdrawal() external;

    /// @notice Pays out the requested amount, or what vouchers have left of it, to `to` once the lock is over.
    function withdraw(address to) external returns (uint128 amount);

    /// @notice Lets `key` spend up to `spendCap` of the caller's balance in total until `expiry` (Unix milliseconds).
    /// A grant never changes afterwards: it could otherwise be cut under a node that already served. Revoke it and grant a fresh key.
    /// @param scope zero: every model, else one model id. A voucher names no model, so a scoped key may sign requests but never vouchers.
    function grantKey(address key, uint128 spendCap, uint64 expiry, bytes32 scope) external;

    /// @notice Ends a grant. Settlement of what the key already signed goes on for `revocationGrace`, within its cap: a client must not be
    /// able to take back a payment for work done. A key revoked before its signed grant was registered can never be registered.
    function revokeKey(address key) external;

    /// @notice Pays the caller's whole earnings to `to`.
    function claim(address to) external returns (uint256 amount);

    /// @notice Only the Settlement contract: registers a grant whose signature it has checked.
    function registerGrant(KeyGrant calldata grant) external;

    /// @notice Only the Settlement contract: moves at most `due` from `client` to `node`, less the protocol fee, which is rounded up.
    /// Never reverts for what a voucher can contain. Pays less than `due` when the balance or the signing key's cap is short.
    /// @param signer who signed: the client itself or a key that it granted
    /// @return paid what left the client's balance, zero if and only if `reason` is not `None`
    /// @return fee the part of `paid` that went to the treasury
    function charge(address client, address signer, address node, uint128 due)
        external
        returns (uint128 paid, uint128 fee, SkipReason reason);

    /// @notice Stops or resumes deposits and new grants; never withdrawals, claims or settlement.
    function setPaused(bool paused) external;

    /// @notice The client's whole balance: the most that vouchers can still take.
    function balanceOf(address client) external view returns (uint128);

    /// @notice The balance without requested withdrawals: what a node may rely on.
    function availableOf(address client) external view returns (uint128);

    /// @return amount what `withdraw` would pay after the lock @return unlocksAt Unix seconds, zero without a request
    function withdrawalOf(address client) external view returns (uint128 amount, uint64 unlocksAt);

    /// @notice What `account`, a node or the treasury, can claim.
    function earningsOf(address account) external view returns (uint256);

    function grantOf(address client, address key)
        external
        view
        returns (GrantState state, uint128 spendCap, uint128 remaining, uint64 expiry, bytes32 scope);

    function token() external view returns (address);
    function settlement() external view returns (address);
    function treasury() external view returns (address);
    /// @notice Protocol fee in hundredths of a percent of what is paid.
    function feeBps() external view returns (uint16);
    /// @notice Seconds between request and withdrawal.
    function withdrawalLock() external view returns (uint64);
    /// @notice Seconds for which vouchers of a revoked key still settle; never longer than the withdrawal lock.
    function revocationGrace() external view returns (uint64);
    function paused() external view returns (bool);
}
