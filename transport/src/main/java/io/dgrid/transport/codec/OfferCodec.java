package io.dgrid.transport.codec;

import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.receipt.v1.SignedOffer;

/** Signed offers. */
public final class OfferCodec {
  private OfferCodec() {}

  public static Signed<Offer> fromWire(SignedOffer wire) {
    return new Signed<>(
        fromWire(wire.getOffer()), Wire.signature(wire.getSignature(), "offer.signature"));
  }

  public static Offer fromWire(io.dgrid.proto.receipt.v1.Offer o) {
    return Wire.build(
        "offer",
        () ->
            new Offer(
                Wire.address(o.getNode(), "offer.node"),
                Wire.modelId(o.getModelId()),
                Wire.price(o.getInputPrice(), "offer.input_price"),
                Wire.price(o.getOutputPrice(), "offer.output_price"),
                Wire.count(o.getSlots(), "offer.slots"),
                o.getValidUntil()));
  }

  public static SignedOffer toWire(Signed<Offer> signed) {
    return SignedOffer.newBuilder()
        .setOffer(toWire(signed.statement()))
        .setSignature(Wire.bytes(signed.signature()))
        .build();
  }

  public static io.dgrid.proto.receipt.v1.Offer toWire(Offer o) {
    return io.dgrid.proto.receipt.v1.Offer.newBuilder()
        .setNode(Wire.bytes(o.node()))
        .setModelId(Wire.bytes(o.modelId()))
        .setInputPrice(o.inputPrice().toString())
        .setOutputPrice(o.outputPrice().toString())
        .setSlots(o.slots())
        .setValidUntil(o.validUntil())
        .build();
  }
}
