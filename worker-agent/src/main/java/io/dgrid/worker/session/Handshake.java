package io.dgrid.worker.session;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.SessionProof;
import io.dgrid.proto.worker.v1.Challenge;
import io.dgrid.proto.worker.v1.Hello;
import io.dgrid.proto.worker.v1.Proof;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.transport.codec.Wire;

/** Who this worker is, and its proof over a scheduler's challenge. Pure. */
public final class Handshake {
  private static final int PROTOCOL = 1;
  private static final int MAX_NAME = 64;

  private final Signer signer;
  private final Domain domain;
  private final String worker;
  private final String hardware;
  private final String version;

  /**
   * @param worker name of this process, unique per node, 1 to 64 characters
   * @param hardware self-reported; empty when nothing is known
   */
  public Handshake(Signer signer, Domain domain, String worker, String hardware, String version) {
    if (worker.isBlank() || worker.length() > MAX_NAME) {
      throw new IllegalArgumentException("a worker's name has 1 to 64 characters: " + worker);
    }
    this.signer = signer;
    this.domain = domain;
    this.worker = worker;
    this.hardware = hardware;
    this.version = version;
  }

  SessionRequest hello() {
    return SessionRequest.newBuilder()
        .setHello(
            Hello.newBuilder()
                .setProtocol(PROTOCOL)
                .setNode(Wire.bytes(signer.address()))
                .setWorker(worker)
                .setHardware(hardware)
                .setVersion(version))
        .build();
  }

  /**
   * @throws DGridException when the scheduler signs for another chain or contract: nothing signed
   *     there would be worth anything here
   */
  SessionRequest answer(Challenge challenge) {
    Address settlement = Wire.address(challenge.getSettlement(), "challenge.settlement");
    if (challenge.getChainId() != domain.chainId() || !settlement.equals(domain.settlement())) {
      throw new DGridException(
          ErrorCode.PERMISSION_DENIED,
          "the scheduler works for chain %d and settlement %s, this worker for chain %d and %s"
              .formatted(
                  challenge.getChainId(), settlement, domain.chainId(), domain.settlement()));
    }
    Hash nonce = Wire.hash(challenge.getNonce(), "challenge.nonce");
    SessionProof proof = new SessionProof(signer.address(), nonce, worker);
    return SessionRequest.newBuilder()
        .setProof(Proof.newBuilder().setSignature(Wire.bytes(signer.sign(proof.digest(domain)))))
        .build();
  }
}
