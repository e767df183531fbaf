// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {GrantState, KeyGrant, SkipReason} from "./Types.sol";

/// @title Escrow, see IEscrow
contract Escrow is IEscrow, AccessControl, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    struct Withdrawal {
        uint128 amount;
        uint64 unlocksAt;
    }

    /// @dev `charge` reads and writes the first word only.
    struct Grant {
        uint128 remaining;
        uint64 expiry;
        GrantState state;
        bool scoped;
        uint128 spendCap;
        bytes32 scope;
    }

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    uint16 public constant MAX_FEE_BPS = 1_000;
    uint64 public constant MAX_LOCK = 30 days;

    address public immutable token;
    address public immutable settlement;
    address public immutable treasury;
    uint16 public immutable feeBps;
    uint64 public immutable withdrawalLock;
    uint64 public immutable revocationGrace;
    bool public paused;

    mapping(address client => uint128) public balanceOf;
    mapping(address account => uint256) public earningsOf;
    mapping(address client => Withdrawal) private _withdrawals;
    mapping(address client => mapping(address key => Grant)) private _grants;

    modifier onlySettlement() {
        require(msg.sender == settlement, NotSettlement(msg.sender));
        _;
    }

    modifier whenNotPaused() {
        require(!paused, DepositsPaused());
        _;
    }

    constructor(
        address admin,
        address token_,
        address settlement_,
        address treasury_,
        uint16 feeBps_,
        uint64 withdrawalLock_,
        uint64 revocationGrace_
    ) {
        require(token_ != address(0) && settlement_ != address(0) && treasury_ != address(0), ZeroAddress());
        require(feeBps_ <= MAX_FEE_BPS, ParameterOutOfBounds("feeBps", feeBps_));
        require(
            withdrawalLock_ > 0 && withdrawalLock_ <= MAX_LOCK, ParameterOutOfBounds("withdrawalLock", withdrawalLock_)
        );
        require(revocationGrace_ <= withdrawalLock_, ParameterOutOfBounds("revocationGrace", revocationGrace_));
        token = token_;
        settlement = settlement_;
        treasury = treasury_;
        feeBps = feeBps_;
        withdrawalLock = withdrawalLock_;
        revocationGrace = revocationGrace_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(PAUSER_ROLE, admin);
    }

    /// @inheritdoc IEscrow
    function deposit(address client, uint128 amount) public nonReentrant whenNotPaused {
        require(client != address(0), ZeroAddress());
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = IERC20(token).balanceOf(address(this)) - before;
        require(arrived > 0, ZeroAmount());
        uint128 balance = (balanceOf[client] + arrived).toUint128();
        balanceOf[client] = balance;
        emit Deposited(client, msg.sender, arrived.toUint128(), balance);
    }

    /// @inheritdoc IEscrow
    function depositWithPermit(address client, uint128 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        // Anybody can spend a permit seen in the mempool; the allowance it left is as good.
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        deposit(client, amount);
    }

    /// @inheritdoc IEscrow
    function requestWithdrawal(uint128 amount) external {
        require(amount > 0, ZeroAmount());
        uint128 balance = balanceOf[msg.sender];
        require(amount <= balance, InsufficientBalance(amount, balance));
        uint64 unlocksAt = uint64(block.timestamp) + withdrawalLock;
        _withdrawals[msg.sender] = Withdrawal(amount, unlocksAt);
        emit WithdrawalRequested(msg.sender, amount, unlocksAt);
    }

    /// @inheritdoc IEscrow
    function cancelWithdrawal() external {
        require(_withdrawals[msg.sender].unlocksAt != 0, NoWithdrawalRequested());
        delete _withdrawals[msg.sender];
        emit WithdrawalCancelled(msg.sender);
    }

    /// @inheritdoc IEscrow
    function withdraw(address to) external nonReentrant returns (uint128 amount) {
        require(to != address(0), ZeroAddress());
        Withdrawal memory request = _withdrawals[msg.sender];
        require(request.unlocksAt != 0, NoWithdrawalRequested());
        require(block.timestamp >= request.unlocksAt, WithdrawalLocked(request.unlocksAt));
        uint128 balance = balanceOf[msg.sender];
        amount = request.amount < balance ? request.amount : balance;
        delete _withdrawals[msg.sender];
        balanceOf[msg.sender] = balance - amount;
        emit Withdrawn(msg.sender, to, amount, balance - amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IEscrow
    function grantKey(address key, uint128 spendCap, uint64 expiry, bytes32 scope) external {
        _grant(msg.sender, key, spendCap, expiry, scope);
    }

    /// @inheritdoc IEscrow
    function registerGrant(KeyGrant calldata grant) external onlySettlement {
        _grant(grant.client, grant.key, grant.spendCap, grant.expiry, grant.scope);
    }

    /// @inheritdoc IEscrow
    function revokeKey(address key) external {
        Grant storage grant = _grants[msg.sender][key];
        require(key != address(0) && key != msg.sender, InvalidKey(key));
        require(grant.state != GrantState.Revoked, KeyAlreadyUsed(msg.sender, key));
        uint64 settlesUntil = uint64((block.timestamp + revocationGrace) * 1_000);
        if (grant.expiry < settlesUntil) settlesUntil = grant.expiry;
        grant.state = GrantState.Revoked;
        grant.expiry = settlesUntil;
        emit KeyRevoked(msg.sender, key, settlesUntil);
    }

    /// @inheritdoc IEscrow
    function charge(address client, address signer, address node, uint128 due)
        external
        onlySettlement
        returns (uint128 paid, uint128 fee, SkipReason reason)
    {
        uint128 balance = balanceOf[client];
        paid = due < balance ? due : balance;
        if (paid == 0) return (0, 0, SkipReason.NoFunds);
        if (signer != client) {
            Grant storage grant = _grants[client][signer];
            (uint128 remaining, uint64 expiry) = (grant.remaining, grant.expiry);
            if (grant.state == GrantState.None) return (0, 0, SkipReason.UnknownSigner);
            if (block.timestamp * 1_000 >= expiry) return (0, 0, SkipReason.GrantExpired);
            if (grant.scoped) return (0, 0, SkipReason.GrantScoped);
            if (remaining == 0) return (0, 0, SkipReason.GrantExhausted);
            if (remaining < paid) paid = remaining;
            grant.remaining = remaining - paid;
        }
        // paid <= balance, fee <= paid, and no sum of earnings exceeds the tokens that were deposited.
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast) feeBps <= MAX_FEE_BPS, so the fee is below what is paid
            fee = uint128((uint256(paid) * feeBps + 9_999) / 10_000);
            balanceOf[client] = balance - paid;
            earningsOf[node] += paid - fee;
            earningsOf[treasury] += fee;
        }
    }

    /// @inheritdoc IEscrow
    function claim(address to) external nonReentrant returns (uint256 amount) {
        require(to != address(0), ZeroAddress());
        amount = earningsOf[msg.sender];
        require(amount > 0, ZeroAmount());
        earningsOf[msg.sender] = 0;
        emit Claimed(msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IEscrow
    function setPaused(bool paused_) external onlyRole(PAUSER_ROLE) {
        paused = paused_;
        emit PauseChanged(paused_);
    }

    /// @inheritdoc IEscrow
    function availableOf(address client) external view returns (uint128) {
        (uint128 balance, uint128 requested) = (balanceOf[client], _withdrawals[client].amount);
        return requested < balance ? balance - requested : 0;
    }

    /// @inheritdoc IEscrow
    function withdrawalOf(address client) external view returns (uint128 amount, uint64 unlocksAt) {
        Withdrawal memory request = _withdrawals[client];
        uint128 balance = balanceOf[client];
        return (request.amount < balance ? request.amount : balance, request.unlocksAt);
    }

    /// @inheritdoc IEscrow
    function grantOf(address client, address key)
        external
        view
        returns (GrantState state, uint128 spendCap, uint128 remaining, uint64 expiry, bytes32 scope)
    {
        Grant memory grant = _grants[client][key];
        return (grant.state, grant.spendCap, grant.remaining, grant.expiry, grant.scope);
    }

    function _grant(address client, address key, uint128 spendCap, uint64 expiry, bytes32 scope) private whenNotPaused {
        require(key != address(0) && key != client, InvalidKey(key));
        require(spendCap > 0, ZeroAmount());
        require(expiry > block.timestamp * 1_000, GrantAlreadyExpired(expiry));
        require(_grants[client][key].state == GrantState.None, KeyAlreadyUsed(client, key));
        _grants[client][key] = Grant(spendCap, expiry, GrantState.Active, scope != bytes32(0), spendCap, scope);
        emit KeyGranted(client, key, spendCap, expiry, scope);
    }
}
