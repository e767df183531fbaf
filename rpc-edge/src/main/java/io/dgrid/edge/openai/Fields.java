package io.dgrid.edge.openai;

import static io.dgrid.edge.openai.OpenAiErrors.invalid;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Typed access to the fields of a request; null and absent are the same. */
record Fields(JsonNode node) {
  boolean bool(String name, boolean absent) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw invalid(name, name + " must be true or false");
    }
    return value.booleanValue();
  }

  String text(String name, String absent) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isTextual()) {
      throw invalid(name, name + " must be a string");
    }
    return value.textValue();
  }

  int integer(String name, int absent, int min, int max) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < min
        || value.intValue() > max) {
      throw invalid(name, "%s must be an integer from %d to %d".formatted(name, min, max));
    }
    return value.intValue();
  }

  /** A number from 0 to {@code max} in millionths. */
  int micros(String name, BigDecimal absent, BigDecimal max) {
    JsonNode value = node.path(name);
    BigDecimal number = absent;
    if (!value.isMissingNode() && !value.isNull()) {
      if (!value.isNumber()) {
        throw invalid(name, name + " must be a number");
      }
      number = value.decimalValue();
    }
    if (number.signum() < 0 || number.compareTo(max) > 0) {
      throw invalid(name, "%s must be from 0 to %s".formatted(name, max.toPlainString()));
    }
    return number.movePointRight(6).setScale(0, RoundingMode.HALF_EVEN).intValueExact();
  }
}
